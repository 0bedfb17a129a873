import type * as Dns from "node:dns";

type Address = { readonly address: string; readonly family: number };

/** As `dns.lookup` with `all` answers; in tests, a name that changes its mind. */
export type Resolve = (
  name: string,
  done: (error: Error | null, addresses: readonly Address[]) => void,
) => void;

/** Asked for by the first name: who sends no events needs none of it. */
const dns = (): typeof Dns => process.getBuiltinModule("node:dns");

/** Within the time that a connection may take. */
const timeout = 2_000;
const tries = 2;

/**
 * Asked over sockets, and not by `getaddrinfo`: that holds one of the process's four threads until a name server has
 * answered, and four endpoints with a name server that never does would hold up the names of all the others.
 */
const ask =
  (resolverOf: () => Dns.Resolver): Resolve =>
  (name, done) => {
    const resolver = resolverOf();
    const addresses: Address[] = [];
    let waiting = 2;
    const answered = (family: number) => (error: Error | null, found: readonly string[]) => {
      if (error === null) addresses.push(...found.map((address) => ({ address, family })));
      waiting -= 1;
      if (waiting > 0) return;
      // Those of IPv4 first: from a network without the other they are tried in vain.
      addresses.sort((one, two) => one.family - two.family);
      done(addresses.length === 0 ? (error ?? new Error("no address")) : null, addresses);
    };
    resolver.resolve4(name, answered(4));
    resolver.resolve6(name, answered(6));
  };

/**
 * With `system`, names that no name server knows are looked up as the machine has them, in its file of hosts for one:
 * where an operator opened networks of their own.
 */
export const systemResolve = (system: boolean, given?: Dns.Resolver): Resolve => {
  let resolver = given;
  const asked = ask(() => {
    resolver ??= new (dns().Resolver)({ timeout, tries });
    return resolver;
  });
  if (!system) return asked;
  return (name, done) =>
    asked(name, (error, addresses) => {
      if (error === null) done(null, addresses);
      // Its types promise addresses; with an error there are none.
      else
        dns().lookup(name, { all: true, order: "verbatim" }, (fault, found) =>
          done(fault, fault ? [] : found),
        );
    });
};
