/** Ingress is tested with real clients, before any Docker Engine is there. */
import { installPackages } from "../../scripts/ensure-docker.mjs";

export default function setup(): void {
  installPackages({ curl: "curl", openssl: "openssl" });
}
