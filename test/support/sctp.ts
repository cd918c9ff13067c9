/**
 * SCTP packets over raw sockets, which need nothing of the kernel's own SCTP. In Perl, as Node.js has no raw sockets and every
 * Debian has Perl.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { inside, type Place } from "./network-lab.ts";

const hear = `
use Socket; $| = 1;
socket(S, AF_INET, SOCK_RAW, 132) or die $!;
print "ready\\n";
while (recv(S, $packet, 2000, 0)) { print unpack("x20 x2 n", $packet), "\\n"; }
`;

/** The beginning of an association, RFC 9260 §3.3.2: common header, then INIT. */
const begin = `
use Socket;
($ip, $port) = @ARGV;
socket(S, AF_INET, SOCK_RAW, 132) or die $!;
$packet = pack("n n N N  C C n N N n n N", 40000, $port, 0, 0,  1, 0, 20, 7, 65535, 1, 1, 7);
send(S, $packet, 0, pack_sockaddr_in(0, inet_aton($ip))) or die $!;
`;

/** Ports of SCTP packets that come to a place, in the order in which they came. */
export interface SctpEar extends Disposable {
  readonly ports: readonly number[];
}

export async function listenForSctp({ namespace }: Place): Promise<SctpEar> {
  const child = spawn("nsenter", [`--net=${namespace}`, "perl", "-e", hear], { stdio: ["ignore", "pipe", "inherit"] });
  const ports: number[] = [];
  const lines = createInterface(child.stdout);
  await new Promise<void>((resolve, reject) => {
    lines.once("line", () => resolve());
    child.once("exit", (code) => reject(new Error(`who listens for SCTP ended with ${code}`)));
  });
  lines.on("line", (line) => ports.push(Number(line)));
  return { ports, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}

/** Knocks at an address, from the host. */
export async function beginSctp(address: string, port: number): Promise<void> {
  await inside(undefined, "perl", "-e", begin, address, String(port));
}
