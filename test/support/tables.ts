/** Rows of the first Markdown table below a heading, its head first; cells trimmed and without backticks. */
export const tableBelow = (markdown: string, heading: string): readonly (readonly string[])[] => {
  const at = markdown.indexOf(`${heading}\n`);
  if (at < 0) throw new Error(`there is no heading ${heading}`);
  const lines = markdown.slice(at).split("\n");
  const rows = lines.slice(lines.findIndex((line) => line.startsWith("|")));
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .filter((line) => !/^\|[\s|:-]+\|$/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
};
