/** /healthz, /livez and /readyz. Rule: https://kubernetes.io/docs/reference/using-api/health-checks/ */

/** A named condition; undefined when all is well, else what is wrong. */
export type HealthCheck = { name: string; problem(): string | undefined };

export interface HealthAnswer {
  code: 200 | 500;
  text: string;
}

const ping: HealthCheck = { name: "ping", problem: () => undefined };

/**
 * @param endpoint `healthz`, `livez` or `readyz`. @param one name of a single check (`/readyz/ping`).
 * @returns undefined when there is no such check.
 */
export function health(
  endpoint: string,
  checks: readonly HealthCheck[],
  query: URLSearchParams,
  one?: string,
): HealthAnswer | undefined {
  const all = [ping, ...checks];
  if (one !== undefined) {
    const check = all.find(({ name }) => name === one);
    if (!check) return undefined;
    const problem = check.problem();
    return problem === undefined
      ? { code: 200, text: "ok" }
      : { code: 500, text: `internal server error: ${problem}\n` };
  }
  const excluded = new Set(query.getAll("exclude"));
  const results = all.filter(({ name }) => !excluded.has(name)).map((check) => ({ ...check, found: check.problem() }));
  const good = results.every(({ found }) => found === undefined);
  if (good && !query.has("verbose")) return { code: 200, text: "ok" };
  const lines = results.map(({ name, found }) =>
    found === undefined ? `[+]${name} ok` : `[-]${name} failed: ${found}`,
  );
  return {
    code: good ? 200 : 500,
    text: `${[...lines, `${endpoint} check ${good ? "passed" : "failed"}`].join("\n")}\n`,
  };
}
