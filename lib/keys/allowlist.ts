const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4OrCidr = new RegExp(`^${octet}(?:\\.${octet}){3}(?:/(?:3[0-2]|[12]?\\d))?$`);

/** An IPv4 address or CIDR range in decimal, no leading zeros: `10.0.0.0/24`. An octet like `010` is octal to some. */
export const isIpv4OrCidr = (text: string): boolean => ipv4OrCidr.test(text);
