# Skiff as a container; docker-compose.yml runs it, docs/container.md explains it. Needs no BuildKit.
# The base is any image with Node.js 20.19 or newer. What it lacks is fetched: packages of Debian and, unless it has
# /build/node_modules, those of npm. With a base that has everything the build needs no network.
ARG BASE_IMAGE=node:20-bookworm-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# `npm ci` runs the package's own `prepare`, which is here.
COPY scripts scripts
RUN [ -d node_modules ] || npm ci --no-audit --no-fund
COPY src src
RUN node scripts/build.mjs && node scripts/production-packages.mjs /production

FROM ${BASE_IMAGE}
# iproute2 and iptables for routes and Docker's firewall, nftables and conntrack for Services, kmod for br_netfilter, util-linux for nsenter.
RUN for program in ip iptables nft conntrack modprobe nsenter; do \
      command -v "$program" > /dev/null || missing="$missing $program"; \
    done; \
    [ -z "$missing" ] || { \
      apt-get update && \
      apt-get install -y --no-install-recommends iproute2 iptables nftables conntrack kmod util-linux && \
      rm -rf /var/lib/apt/lists/*; \
    }
COPY scripts/container/iptables /usr/local/sbin/iptables
WORKDIR /opt/skiff
COPY LICENSE package.json ./
COPY bin bin
COPY --from=build /production/node_modules node_modules
COPY --from=build /build/dist dist
RUN ln -s /opt/skiff/bin/skiff /usr/local/bin/skiff
ENTRYPOINT ["skiff"]
CMD ["up", "--foreground", "--no-merge"]
