/** The token of `Authorization: Bearer …`; undefined without the header, empty when it is not of that form. */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : (/^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1] ?? "");
