# One cloud's gateway. Keeps everything in /data; listens on 4000 behind a TLS proxy.

FROM node:20-bookworm AS build
WORKDIR /app
# The image brings the headers that native modules are compiled against.
ENV npm_config_nodedir=/usr/local
# First what changes seldom: dependencies, compiled once for many builds of src.
COPY package.json package-lock.json .npmrc ./
COPY scripts/build.mjs scripts/prepare.mjs scripts/
COPY scripts/build scripts/build
RUN npm ci
COPY tsconfig.json ./
COPY src src
COPY migrations migrations
COPY views views
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production FOOTBRIDGE_DATA_DIR=/data FOOTBRIDGE_LISTEN=0.0.0.0:4000
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY views views
# `docker compose exec alder footbridge user list`
RUN printf '#!/bin/sh\nexec node /app/dist/src/main.js "$@"\n' > /usr/local/bin/footbridge \
  && chmod 755 /usr/local/bin/footbridge \
  && install -d -o node -g node -m 700 /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --start-period=30s --interval=15s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4000/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/main.js"]
CMD ["serve"]
