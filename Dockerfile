# The server with FFmpeg beside it: no compiler, no development packages, no root.

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Scripts stay off: the only one would fetch a second Node.js, and this image is one already.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim AS page
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY contract contract
COPY web web
COPY docs/reference/errors.md docs/reference/
RUN node node_modules/vite/bin/vite.js build web

FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY contract contract
COPY server server
COPY deploy/health-check.mjs deploy/
COPY --from=page /app/web/dist web/dist
RUN mkdir /data && chown node:node /data
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 RTMP_PORT=1935 DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 8080 1935
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s --retries=3 \
  CMD ["node", "deploy/health-check.mjs"]
# Without npm or a shell in between, so that SIGTERM reaches the server itself.
CMD ["node", "server/app/main.ts"]
