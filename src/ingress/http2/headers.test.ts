import { expect, it } from "vitest";
import { headersOf } from "./headers.ts";

it("every value of a header goes on, but where HTTP/2 takes one", () => {
  const lines = ["Content-Security-Policy: a", "Set-Cookie: b=c", "Content-Security-Policy: d", "ETag: e", "ETag: f"];
  expect({ ...headersOf(`${lines.join("\r\n")}\r\n`) }).toEqual({
    "content-security-policy": ["a", "d"],
    "set-cookie": "b=c",
    etag: "e",
  });
});
