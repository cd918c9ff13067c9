import { expect, test } from "vitest";
import { elf, sandboxImage } from "./sandbox-image.ts";

test("an ELF executable whose one segment is the whole file, entered behind the headers", () => {
  const file = elf(62, Buffer.from("9090", "hex"));
  expect(file.length).toBe(122);
  expect(file.subarray(0, 7)).toEqual(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]));
  expect(file.readUInt16LE(16)).toBe(2);
  expect(file.readUInt16LE(18)).toBe(62);
  expect(file.readBigUInt64LE(24)).toBe(0x400078n);
  expect(file.readBigUInt64LE(96)).toBe(122n);
});

test.each(["amd64", "arm64"])("%s: the same image each time, another for each architecture", async (architecture) => {
  const image = await sandboxImage("default", architecture);
  expect(await sandboxImage("default", architecture)).toEqual(image);
  expect(image.archive.length % 512).toBe(0);
  expect(image.archive.includes('"RepoTags":["skiff-sandbox:default"]')).toBe(true);
});

test("an architecture without machine code", async () => {
  await expect(sandboxImage("default", "riscv64")).rejects.toThrow("riscv64");
});
