# syntax=docker/dockerfile:1
# A node of ihuman. It keeps its data below /data; everything else may be read-only but /tmp.
#   docker build -t ihuman .

# Any npm does: the Node that the server runs on is one of the packages.
FROM node:22.20.0-bookworm-slim AS packages
WORKDIR /ihuman
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM debian:12.12-slim
# The two libraries are what Node needs. The first process of a container inherits what skills leave behind; tini buries it.
RUN apt-get update \
  && apt-get install -y --no-install-recommends libatomic1 libstdc++6 tini \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin ihuman \
  && install -d -o ihuman -g ihuman -m 0700 /data /artifacts
WORKDIR /ihuman
COPY --from=packages /ihuman/node_modules node_modules
COPY . .
# Compiled code is kept between starts of the same container.
ENV NODE_COMPILE_CACHE=/tmp/ihuman-compile \
  IHUMAN_HOST=0.0.0.0 \
  IHUMAN_PORT=5173 \
  IHUMAN_DATA_DIR=/data \
  IHUMAN_SKILLS=/ihuman/skills
USER 10001:10001
VOLUME ["/data"]
EXPOSE 5173
HEALTHCHECK --interval=5s --timeout=5s --start-period=120s \
  CMD ["node_modules/node/bin/node", "-e", "fetch('http://127.0.0.1:5173/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node_modules/node/bin/node", "src/main.ts"]
