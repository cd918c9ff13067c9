/** A JSON value as Go's `%+v` prints it (`map[spec:map[replicas:3]]`): so the API shows a strategic merge patch in its errors. */
export function printAsGo(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(printAsGo).join(" ")}]`;
  if (typeof value !== "object") return String(value as string | number | boolean);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${printAsGo(item)}`).join(" ")}]`;
}
