// Images for tests, benchmarks and the examples, made from Debian's packages so that no registry is needed.
// Each is a root file system of a program with the libraries it is linked to, over a static busybox.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export function hasImage(tag) {
  return spawnSync("docker", ["image", "inspect", tag], { stdio: "ignore" }).status === 0;
}

/** Puts the file and every shared library it needs at the same paths below `root`. */
export function copyWithLibraries(file, root) {
  const copy = (path) => {
    const target = join(root, path);
    if (existsSync(target)) return;
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(path), target);
    chmodSync(target, 0o755);
  };
  copy(file);
  const { stdout } = spawnSync("ldd", [file], { encoding: "utf8" });
  const linked = [...(stdout ?? "").matchAll(/(?:=> )?(\/[^\s]+) \(0x/g)].map(([, path]) => path);
  for (const path of linked) copy(path);
  // glibc opens this one itself when a thread ends (pthread_exit(3)); no program names it.
  const unwinder = linked
    .filter((path) => /\/libc\.so\.\d+$/.test(path))
    .map((libc) => join(dirname(libc), "libgcc_s.so.1"));
  for (const path of unwinder) if (existsSync(path)) copy(path);
}

/** A directory with busybox and its applets, `/etc/passwd`, `/tmp`. */
export function busyboxRoot() {
  const root = mkdtempSync(join(tmpdir(), "skiff-image-"));
  for (const folder of ["bin", "etc", "tmp", "root", "var", "home", "usr", "lib", "lib64"])
    mkdirSync(join(root, folder));
  chmodSync(join(root, "tmp"), 0o1777);
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path));
  if (!busybox) throw new Error("busybox is missing: apt-get install busybox-static");
  copyFileSync(realpathSync(busybox), join(root, "bin/busybox"));
  chmodSync(join(root, "bin/busybox"), 0o755);
  for (const applet of execFileSync(busybox, ["--list"], { encoding: "utf8" }).trim().split("\n")) {
    if (applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
  }
  writeFileSync(
    join(root, "etc/passwd"),
    "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
  );
  writeFileSync(join(root, "etc/group"), "root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n");
  writeFileSync(join(root, "etc/nsswitch.conf"), "hosts: files dns\n");
  return root;
}

export function buildImage(root, tags, instructions) {
  writeFileSync(`${root}.Dockerfile`, ["FROM scratch", "COPY . /", ...instructions].join("\n"));
  const args = ["build", "-q", "-f", `${root}.Dockerfile`, ...tags.flatMap((tag) => ["-t", tag]), root];
  // The classic builder is the one that every engine from 20.10 on has without a plug-in.
  execFileSync("docker", args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DOCKER_BUILDKIT: "0" },
  });
  rmSync(root, { recursive: true, force: true });
  rmSync(`${root}.Dockerfile`);
}

/** Programs whose packages the test set-up installs; `hostnames` is our own server on Node. */
const recipes = {
  busybox: {
    tags: ["busybox:1.36", "busybox:1.28.4", "busybox:latest"],
    make: () => ({ root: busyboxRoot(), changes: ['CMD ["sh"]'] }),
  },
  nginx: {
    tags: ["nginx:1.27", "nginx:latest", "nginx:alpine"],
    make: () => {
      const root = busyboxRoot();
      copyWithLibraries("/usr/sbin/nginx", root);
      for (const folder of ["var/log/nginx", "var/lib/nginx", "run", "usr/share/nginx/html", "etc/nginx/conf.d"])
        mkdirSync(join(root, folder), { recursive: true });
      copyFileSync("/etc/nginx/mime.types", join(root, "etc/nginx/mime.types"));
      writeFileSync(
        join(root, "usr/share/nginx/html/index.html"),
        "<!DOCTYPE html>\n<html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1></body></html>\n",
      );
      writeFileSync(
        join(root, "etc/nginx/nginx.conf"),
        "user www-data;\nworker_processes 1;\npid /run/nginx.pid;\nerror_log /dev/stderr warn;\nevents { worker_connections 4096; }\nhttp {\n  include mime.types;\n  access_log /dev/stdout;\n  keepalive_requests 1000000;\n  include conf.d/*.conf;\n}\n",
      );
      writeFileSync(
        join(root, "etc/nginx/conf.d/default.conf"),
        'server {\n  listen 80 default_server;\n  root /usr/share/nginx/html;\n  location = /hostname { default_type text/plain; return 200 "$hostname\\n"; }\n}\n',
      );
      return {
        root,
        changes: [
          "EXPOSE 80",
          "STOPSIGNAL SIGQUIT",
          'CMD ["nginx", "-g", "daemon off;"]',
          "ENV PATH=/usr/sbin:/usr/bin:/bin",
        ],
      };
    },
  },
  redis: {
    tags: ["redis:7", "redis:latest", "redis:alpine"],
    make: () => {
      const root = busyboxRoot();
      copyWithLibraries("/usr/bin/redis-server", root);
      copyWithLibraries("/usr/bin/redis-cli", root);
      mkdirSync(join(root, "data"));
      return {
        root,
        changes: [
          "EXPOSE 6379",
          "WORKDIR /data",
          'CMD ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no"]',
          "ENV PATH=/usr/sbin:/usr/bin:/bin",
        ],
      };
    },
  },
  memcached: {
    tags: ["memcached:1.6", "memcached:latest", "memcached:alpine"],
    make: () => {
      const root = busyboxRoot();
      copyWithLibraries("/usr/bin/memcached", root);
      return {
        root,
        changes: ["EXPOSE 11211", 'CMD ["memcached", "-u", "nobody"]', "ENV PATH=/usr/sbin:/usr/bin:/bin"],
      };
    },
  },
  httpd: {
    tags: ["httpd:2.4", "httpd:2.4-alpine", "httpd:latest"],
    make: () => {
      const root = busyboxRoot();
      copyWithLibraries("/usr/sbin/apache2", root);
      const modules = "/usr/lib/apache2/modules";
      for (const name of ["mpm_event", "authz_core", "dir", "unixd"]) {
        const file = join(modules, `mod_${name}.so`);
        if (existsSync(file)) copyWithLibraries(file, root);
      }
      for (const folder of ["usr/local/apache2/htdocs", "usr/local/apache2/conf", "var/log", "run"])
        mkdirSync(join(root, folder), { recursive: true });
      writeFileSync(
        join(root, "usr/local/apache2/htdocs/index.html"),
        "<html><body><h1>It works!</h1></body></html>\n",
      );
      const load = ["mpm_event", "authz_core", "dir"]
        .map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`)
        .join("\n");
      writeFileSync(
        join(root, "usr/local/apache2/conf/httpd.conf"),
        `${load}\nServerName localhost\nUser nobody\nGroup nogroup\nListen 80\nPidFile /run/httpd.pid\nDocumentRoot /usr/local/apache2/htdocs\nErrorLog /dev/stderr\nDirectoryIndex index.html\n`,
      );
      return {
        root,
        changes: [
          "EXPOSE 80",
          "STOPSIGNAL SIGWINCH",
          'CMD ["apache2", "-DFOREGROUND", "-f", "/usr/local/apache2/conf/httpd.conf"]',
          "ENV PATH=/usr/sbin:/usr/bin:/bin",
        ],
      };
    },
  },
  hostnames: {
    // Tells its Pod's name on port 9376, like Kubernetes' own `serve-hostname`; loses no request when it is stopped.
    tags: ["hostnames:1", "hostnames:2", "hostnames:3"],
    make: () => {
      const root = busyboxRoot();
      copyWithLibraries(process.execPath, root);
      if (process.execPath !== "/usr/bin/node") cpSync(join(root, process.execPath), join(root, "bin/node"));
      copyFileSync(new URL("./hostnames-server.mjs", import.meta.url), join(root, "server.mjs"));
      return {
        root,
        changes: [
          "EXPOSE 9376",
          'ENTRYPOINT ["node", "/server.mjs"]',
          "ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/bin",
        ],
      };
    },
  },
};

export const imageNames = Object.keys(recipes);

/** Makes the images that are not in Docker's store yet. Returns the names of those it made. */
export function makeImages(names = imageNames) {
  const made = [];
  for (const name of names) {
    const { tags, make } = recipes[name];
    if (tags.every(hasImage)) continue;
    const { root, changes } = make();
    buildImage(root, tags, changes);
    made.push(name);
  }
  return made;
}

if (process.argv[1] && import.meta.url === `file://${realpathSync(process.argv[1])}`) {
  console.log(
    `made: ${makeImages(process.argv.length > 2 ? process.argv.slice(2) : undefined).join(", ") || "nothing, all are there"}`,
  );
}
