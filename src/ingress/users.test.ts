import { expect, it } from "vitest";
import { apr1 } from "./apr1.ts";
import { authenticate, parseUsers } from "./users.ts";

const encode = (text: string): string => Buffer.from(text).toString("base64");

/** As `openssl passwd -apr1 -salt …` prints them. */
it.each([
  ["secret", "abcdefgh", "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/"],
  ["", "xyz", "$apr1$xyz$Pix4eE3fQHxJjb6LqtyMK1"],
])("the hash of %j with %s", (password, salt, hash) => {
  expect(apr1(password, salt)).toBe(hash);
});

it.each<
  [data: Record<string, string>, type: "auth-file" | "auth-map", users: [string, string][], unreadable: string[]]
>([
  [
    { auth: encode("# us\na:$apr1$s$h\n\nb:{SHA}x:more\n") },
    "auth-file",
    [
      ["a", "$apr1$s$h"],
      ["b", "{SHA}x"],
    ],
    [],
  ],
  [{ auth: encode("a:$2y$05$x") }, "auth-file", [["a", "$2y$05$x"]], ["a"]],
  [{ a: encode("{SHA}x\n") }, "auth-map", [["a", "{SHA}x"]], []],
])("%j as %s", (data, type, users, unreadable) => {
  const parsed = parseUsers(data, type);
  expect([...(parsed.users ?? [])]).toEqual(users);
  expect(parsed.unreadable).toEqual(unreadable);
});

it("a Secret without the key has no users", () => {
  expect(parseUsers({ other: "" }, "auth-file").users).toBeUndefined();
});

it.each([
  [`Basic ${encode("a:secret")}`, "a"],
  [`basic  ${encode("a:secret")}`, "a"],
  [`Basic ${encode("a:other")}`, undefined],
  [`Basic ${encode("b:secret")}`, undefined],
  [`Basic ${encode("secret")}`, undefined],
  [`Bearer ${encode("a:secret")}`, undefined],
  ["Basic !", undefined],
  [undefined, undefined],
])("%s is %s", (header, name) => {
  const users = new Map([["a", apr1("secret", "salt")]]);
  expect(authenticate(users, header)).toBe(name);
  // Now from memory.
  expect(authenticate(users, header)).toBe(name);
});
