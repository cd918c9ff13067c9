/**
 * The image of Pod sandboxes, made in memory and loaded through the Engine API, so that no registry is needed.
 *
 * It holds two static ELF files of a few hundred bytes: `sandbox`, which sleeps, reaps children (with a shared process
 * namespace it is everybody's PID 1) and ends on SIGTERM; and `relay`, which joins its stdin and stdout with a port on the
 * loopback interface of the network namespace it runs in. Their source is in `machine-code/`; the bytes below are
 * the `.text` section that GNU as makes of it.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pack } from "tar-stream";
import { instanceLabel } from "../../machinery/settings.ts";
import { type DockerClient, docked } from "./client.ts";
import { follow } from "./progress.ts";

export const sandboxCommand = "/sandbox";
export const relayCommand = "/relay";

/** Label that tells one make of the image from another. */
const digestLabel = "skiff.dev/image-digest";

interface MachineCode {
  /** `e_machine` of the ELF header. */
  machine: number;
  sandbox: string;
  relay: string;
}

const machineCode: Readonly<Record<string, MachineCode>> = {
  amd64: {
    machine: 62,
    sandbox:
      "6802400100545e31ff31d26a08415a6a0e580f05545f31f631d2b8800000000f0583f811740b85c078ea31ff6a3c580f05" +
      "6aff5f31f66a015a4531d26a3d580f0585c07fec6a08415aebc9",
    relay:
      "488b74241031db0fb60648ffc683e83078076bdb0a01c3ebee86fb6a025f6a015e31d26a29580f054189c46a00b87f0000" +
      "0148c1e020c1e31083cb024809d8504489e74889e66a105a6a2a580f0585c078416a006a015f4889e66a015a6a01580f05" +
      "4881ec000001006a39580f0585c074264189c74589e56a01415ee8410000004489ff6a095e6a3e580f0531ff6a3c580f05" +
      "6a015febf66a015f6a03580f056a025f6a03580f054531ed4589e6e80f0000004489e76a015e6a30580f0531ffebcc4489" +
      "ef488d742408ba0000010031c00f0585c07e2389c3488d6c24084489f74889ee89da6a01580f0585c07e0b48984801c529" +
      "c375e6ebc8c3",
  },
  arm64: {
    machine: 183,
    sandbox:
      "400088d22000a0f2e00f1ff8000080d2e1030091020080d2030180d2e81080d2010000d4e0030091010080d2020080d203" +
      "0180d2281180d2010000d41f4400f1c00000541f0000f1ebfeff54000080d2a80b80d2010000d400008092010080d22200" +
      "80d2030080d2882080d2010000d41f0000f12cffff54ebffff17",
    relay:
      "e10b40f913008052430180522014403800c00071640000547302031bfcffff177306c05a400080d2210080d2020080d2c8" +
      "1880d2010000d4f40300aa400080520040132ae10f80520120a072e007be29ff0700f9e00314aae1030091020280d26819" +
      "80d2010000d41f0000f14b030054200080d2e1230091220080d2080880d2010000d4ff4340d1200280d2010080d2020080" +
      "d2030080d2040080d2881b80d2010000d4c00100b4f50300aaf60314aa370080d219000094e00315aa210180d2281080d2" +
      "010000d4000080d2a80b80d2010000d4200080d2fdffff17200080d2280780d2010000d4400080d2280780d2010000d416" +
      "0080d2f70314aa07000094e00314aa210080d2481a80d2010000d4000080d2eeffff17e00316aae10300912200a0d2e807" +
      "80d2010000d41f0000f1cd010054f80300aaf9030091e00317aae10319aae20318aa080880d2010000d41f0000f1ad0000" +
      "543903008b180300ebe1feff54edffff17c0035fd6",
  },
};

/** Name and tag of the instance's sandbox image. */
export function sandboxImageName(instance: string): string {
  return `skiff-sandbox:${instance}`;
}

/** A static ELF executable of one segment (System V ABI, chapters 4 and 5). */
export function elf(machine: number, code: Buffer): Buffer {
  const base = 0x400000n;
  const headers = Buffer.alloc(120);
  headers.write("\x7fELF\x02\x01\x01", "latin1");
  headers.writeUInt16LE(2, 16); // ET_EXEC
  headers.writeUInt16LE(machine, 18);
  headers.writeUInt32LE(1, 20);
  headers.writeBigUInt64LE(base + 120n, 24); // entry: right behind the headers
  headers.writeBigUInt64LE(64n, 32); // program header
  headers.writeUInt16LE(64, 52);
  headers.writeUInt16LE(56, 54);
  headers.writeUInt16LE(1, 56);
  headers.writeUInt32LE(1, 64); // PT_LOAD
  headers.writeUInt32LE(5, 68); // readable, executable
  headers.writeBigUInt64LE(base, 80);
  headers.writeBigUInt64LE(base, 88);
  headers.writeBigUInt64LE(BigInt(120 + code.length), 96);
  headers.writeBigUInt64LE(BigInt(120 + code.length), 104);
  headers.writeBigUInt64LE(0x10000n, 112);
  return Buffer.concat([headers, code]);
}

interface File {
  name: string;
  content: Buffer;
  mode: number;
}

async function tar(files: readonly File[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, content, mode } of files) archive.entry({ name, mode, mtime: new Date(0) }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const digest = (content: Buffer) => createHash("sha256").update(content).digest("hex");

/**
 * The image as `docker load` takes it.
 * @param architecture `amd64` or `arm64`. @throws Error for any other.
 */
export async function sandboxImage(
  instance: string,
  architecture: string,
): Promise<{ archive: Buffer; digest: string }> {
  const code = machineCode[architecture];
  if (!code) throw new Error(`Skiff has no sandbox for the architecture ${architecture}; it knows amd64 and arm64`);
  const program = (hex: string) => elf(code.machine, Buffer.from(hex, "hex"));
  const layer = await tar([
    { name: sandboxCommand.slice(1), content: program(code.sandbox), mode: 0o755 },
    { name: relayCommand.slice(1), content: program(code.relay), mode: 0o755 },
  ]);
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: "linux",
      created: "1970-01-01T00:00:00Z",
      config: {
        Entrypoint: [sandboxCommand],
        Labels: { [instanceLabel]: instance, [digestLabel]: digest(layer) },
      },
      rootfs: { type: "layers", diff_ids: [`sha256:${digest(layer)}`] },
      history: [{ created: "1970-01-01T00:00:00Z" }],
    }),
  );
  const configName = `${digest(config)}.json`;
  const manifest = [{ Config: configName, RepoTags: [sandboxImageName(instance)], Layers: ["layer.tar"] }];
  const archive = await tar([
    { name: "layer.tar", content: layer, mode: 0o644 },
    { name: configName, content: config, mode: 0o644 },
    { name: "manifest.json", content: Buffer.from(JSON.stringify(manifest)), mode: 0o644 },
  ]);
  return { archive, digest: digest(layer) };
}

/** Loads the image unless the engine has this very make of it. */
export async function ensureSandboxImage(docker: DockerClient, instance: string, architecture: string): Promise<void> {
  const image = await sandboxImage(instance, architecture);
  try {
    const present = await docker.getImage(sandboxImageName(instance)).inspect();
    if (present.Config.Labels?.[digestLabel] === image.digest) return;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
  await follow(await docked(docker.loadImage(Readable.from([image.archive]), { quiet: true })));
}
