/** Which Compose file is meant: https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../machinery/daemon.ts";
import { type Manifests, readManifests } from "./manifest-files.ts";

const names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/**
 * @param file as given with `-f`; otherwise it is looked for in the working directory and those above it.
 * @throws UserError when there is none, or it is a directory.
 */
export function readComposeFile(file: string | undefined): Manifests {
  const manifests = readManifests(file ?? findComposeFile(process.cwd()));
  if (manifests.files.length === 1) return manifests;
  throw new UserError(`${file} is a directory. Name the Compose file: -f ${join(file ?? "", "compose.yaml")}`);
}

function findComposeFile(from: string): string {
  for (let directory = from; ; directory = dirname(directory)) {
    const found = names.find((name) => existsSync(join(directory, name)));
    if (found) return directory === from ? found : join(directory, found);
    if (directory === dirname(directory)) break;
  }
  throw new UserError(
    `There is no ${names[0]} here (${resolve(from)}) or above. Name the file: skiff compose up -f FILE`,
  );
}
