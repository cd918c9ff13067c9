/** Global set-up of the tiers that need a real Docker Engine: the engine, the tools, and the images of the manifests. */
import { ensureDocker, installPackages } from "../../scripts/ensure-docker.mjs";
import { makeImages } from "../../scripts/test-images.mjs";

/** Package → a program it brings. */
const packages = {
  "busybox-static": "busybox",
  "nginx-light": "nginx",
  "redis-server": "redis-server",
  memcached: "memcached",
  "apache2-bin": "apache2",
  "bind9-dnsutils": "dig",
  curl: "curl",
  "docker-compose": "docker-compose",
};

export default async function setup(): Promise<void> {
  await ensureDocker();
  installPackages(packages);
  makeImages();
}
