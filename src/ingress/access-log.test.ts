import { expect, it } from "vitest";
import { formatLine } from "./access-log.ts";

it("shows what clients send so that it stays in its field, and says nothing to a terminal", () => {
  const line = formatLine(
    {
      address: "192.0.2.7",
      user: "bob",
      method: "GET",
      target: '/"\\\xe9',
      protocol: "HTTP/1.1",
      status: 200,
      bytes: 5,
      referer: undefined,
      userAgent: "\x1b[2J\x07",
      host: "a.b",
      milliseconds: 12,
      owner: "default/web",
      upstream: "10.244.0.5:80",
      requestId: "1",
    },
    "21/Nov/2026:18:00:00 +0000",
  );
  expect(line).toBe(
    '192.0.2.7 - bob [21/Nov/2026:18:00:00 +0000] "GET /\\x22\\x5C\\xE9 HTTP/1.1" 200 5 "-" "\\x1B[2J\\x07" a.b 0.012 [default/web] 10.244.0.5:80 1\n',
  );
});
