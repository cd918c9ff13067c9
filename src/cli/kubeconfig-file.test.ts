import {
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { changeKubeconfig, changeKubeconfigs, kubeconfigPlaces } from "./kubeconfig-file.ts";

const accounts = () =>
  "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1001:Ann,,,:/home/ann:/bin/bash\nnobody:x:65534:65534:nobody::/bin/sh\n";
const ann = { name: "ann", uid: 1000, gid: 1001, home: "/home/ann" };
const sudo = { SUDO_USER: "ann", SUDO_UID: "1000", SUDO_GID: "1001", HOME: "/root" };
const root = { file: "/root/.kube/config" };
const hers = { file: "/home/ann/.kube/config", user: ann };

it.each([
  ["a user", { HOME: "/home/ann" }, 1000, [{ file: hers.file }]],
  ["root", { HOME: "/root" }, 0, [root]],
  ["root by sudo", sudo, 0, [root, hers]],
  ["root by sudo that keeps HOME", { ...sudo, HOME: "/home/ann" }, 0, [hers]],
  ["root by sudo with another HOME", { ...sudo, HOME: "/srv/lab" }, 0, [{ file: "/srv/lab/.kube/config" }]],
  ["root by sudo with KUBECONFIG", { ...sudo, KUBECONFIG: ":/srv/a:/srv/b" }, 0, [{ file: "/srv/a" }]],
  ["root by root's sudo", { ...sudo, SUDO_UID: "0" }, 0, [root]],
  ["another user by sudo -u", { ...sudo, HOME: "/home/bob" }, 1002, [{ file: "/home/bob/.kube/config" }]],
  ["root by sudo of nobody known", { ...sudo, SUDO_UID: "7" }, 0, [root]],
  ["root by sudo of who has no home", { ...sudo, SUDO_UID: "65534" }, 0, [root]],
])("the kubeconfigs of %s", (_who, environment, uid, places) =>
  expect(kubeconfigPlaces(environment, uid, accounts)).toEqual(places),
);

let home: string;
/** Whom this process can become: anybody as root, else itself. */
const isRoot = process.geteuid?.() === 0;
const other = isRoot ? { uid: 65_111, gid: 65_112 } : { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
const user = () => ({ name: "ann", home, ...other });

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "skiff-home-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function give(path: string): void {
  if (isRoot) chownSync(path, other.uid, other.gid);
}

it("makes the file of the user who called sudo theirs, and is itself again afterwards", () => {
  give(home);
  const file = join(home, ".kube", "config");
  expect(changeKubeconfigs([{ file, user: user() }], () => "new")).toEqual([]);
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file)).toMatchObject(other);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, ".kube"))).toMatchObject(other);
  expect(process.geteuid?.() === 0).toBe(isRoot);
});

it("says what that user may not write, and goes on", () => {
  // A directory where the file should be cannot be written by anybody; one of root's not by the user.
  const kube = join(home, ".kube");
  mkdirSync(join(kube, "config"), { recursive: true, mode: 0o700 });
  const [trouble] = changeKubeconfigs([{ file: join(kube, "config"), user: user() }], () => "new");
  expect(trouble).toMatch(/\.kube\/config of ann was left as it is: E/);
  expect(statSync(join(kube, "config")).isDirectory()).toBe(true);
});

it("keeps owner, mode and link of a file that is there", () => {
  const real = join(home, "dotfiles");
  const link = join(home, "config");
  writeFileSync(real, "old", { mode: 0o640 });
  give(real);
  symlinkSync(real, link);
  changeKubeconfig(link, (text) => `${text} and new`);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(real, "utf8")).toBe("old and new");
  expect(statSync(real)).toMatchObject(other);
  expect(statSync(real).mode & 0o777).toBe(0o640);
});

it("leaves alone what is no kubeconfig", () => {
  const file = join(home, "config");
  writeFileSync(file, "old");
  const refuse = () => {
    throw new Error("not a mapping");
  };
  expect(() => changeKubeconfig(file, refuse)).toThrow(
    `${file} is not a kubeconfig and was left as it is: not a mapping`,
  );
  expect(readFileSync(file, "utf8")).toBe("old");
});
