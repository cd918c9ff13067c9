// The baseline for rules: what kube-proxy's iptables mode would have written for the same Services, loaded for real.
import { execFileSync } from "node:child_process";

const restore = (lines) =>
  execFileSync("iptables-restore", ["-w", "--noflush"], { input: ["*nat", ...lines, "COMMIT", ""].join("\n") });

/**
 * Loads the nat rules of a `skiff proxy rules --as iptables`. One Service is called at another address, for Skiff answers at
 * its own, and is compared last: the worst place to be in.
 * @returns what takes them back.
 */
export function loadIptablesChains(printed, { address, elsewhere }) {
  const rules = new Set();
  let table;
  for (const line of printed.split("\n")) {
    if (line.startsWith("*")) table = line;
    else if (table === "*nat" && line.startsWith("-A ")) rules.add(line);
  }
  const isJump = (rule) => /^-A [A-Z]+ /.test(rule);
  const isLast = (rule) => rule.endsWith("-j KUBE-NODEPORTS");
  const isOwn = (rule) => rule.includes(`-d ${address}/32 `);
  const rank = (rule) => (isJump(rule) ? 3 : isLast(rule) ? 2 : isOwn(rule) ? 1 : 0);
  const inOrder = [...rules].sort((a, b) => rank(a) - rank(b));
  const own = inOrder.map((rule) => (isOwn(rule) ? rule.replace(address, elsewhere) : rule));
  const chains = [...new Set(own.flatMap((rule) => rule.match(/KUBE-[-A-Z0-9]+/g)))];
  // Before Docker's, as kube-proxy puts them.
  restore([
    ...chains.map((name) => `:${name} - [0:0]`),
    ...own.map((rule) => (isJump(rule) ? rule.replace("-A", "-I") : rule)),
  ]);
  return () =>
    restore([
      ...own.filter(isJump).map((rule) => rule.replace("-A", "-D")),
      ...chains.map((name) => `-F ${name}`),
      ...chains.map((name) => `-X ${name}`),
    ]);
}
