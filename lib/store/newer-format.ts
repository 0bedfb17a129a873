/** Rows that this version would misread, or damage by what it does not know of them. */
export class NewerFormat extends Error {
  constructor(table: string, format: string, known: number) {
    super(
      `The table ${table} has format ${format}, and this version of Keyway knows formats up to ${known}. A newer version wrote it: start that one, or a later one. Nothing was changed.`,
    );
    this.name = "NewerFormat";
  }
}
