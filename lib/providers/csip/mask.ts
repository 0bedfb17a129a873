const shownWhole = 7;

/** `AKI***abcd`: always three stars, so that the length is hidden. Counted in characters, not bytes (inferred). */
export const maskValue = (value: string): string => {
  const characters = [...value];
  if (characters.length < shownWhole) return "***";
  return `${characters.slice(0, 3).join("")}***${characters.slice(-4).join("")}`;
};
