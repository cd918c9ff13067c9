import { expect, test } from "vitest";
import { registryAuths } from "./registry-auth.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const secret = (auths: unknown) => ({ data: { ".dockerconfigjson": base64(JSON.stringify({ auths })) } });

test("the credentials of the image's registry, by user and password or in one", () => {
  const secrets = [
    secret({ "ghcr.io": { username: "u", password: "p" }, "https://index.docker.io/v1/": { auth: base64("h:a:b") } }),
    { data: { ".dockercfg": base64(JSON.stringify({ "https://ghcr.io/v2/": { auth: base64("x:y") } })) } },
    { data: { ".dockerconfigjson": base64("not json") } },
  ];
  expect(registryAuths("ghcr.io/a/b:1", secrets)).toEqual([
    { serverAddress: "ghcr.io", username: "u", password: "p" },
    { serverAddress: "https://ghcr.io/v2/", username: "x", password: "y" },
  ]);
  expect(registryAuths("nginx", secrets)).toEqual([
    { serverAddress: "https://index.docker.io/v1/", username: "h", password: "a:b" },
  ]);
  expect(registryAuths("quay.io/a", secrets)).toEqual([]);
});
