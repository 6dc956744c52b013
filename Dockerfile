# One image for the API and the worker: `src/api.ts` (what it runs by itself) and `src/worker.ts`.
# `--target simulators` adds the vendors' simulators to it.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# Temporal's core comes for every platform; what isn't ours is half of the image.
RUN case "$(uname -m)" in x86_64) platform=x86_64 ;; *) platform=aarch64 ;; esac; \
    find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "${platform}-unknown-linux-gnu" -exec rm -r {} +
COPY src ./src
COPY scripts ./scripts
# Bundled here, once each for keys and for none: the bundler has to write, and takes its time at each start of a worker.
RUN node scripts/bundle-workflows.ts workflow-bundle

FROM ${NODE_IMAGE} AS product
# It installs nothing: what could is of use to intruders only.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn* \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg
ENV NODE_ENV=production \
    DURASCRIBE_WORKFLOW_BUNDLE=/app/workflow-bundle
WORKDIR /app
# All of it root's, so that who runs it can't change it.
COPY --from=build /app ./
USER 1000:1000
EXPOSE 3000 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["node"]
CMD ["src/api.ts"]

FROM product AS simulators
USER 0
RUN install --directory --owner=1000 --group=1000 /var/lib/durascribe
USER 1000:1000
COPY simulators ./simulators
EXPOSE 4010 4011 4012 4013 4014
CMD ["--env-file-if-exists=/var/lib/durascribe/environment", "simulators/serve.ts", \
    "/var/lib/durascribe", "/run/simulators/environment"]

# The last stage is the one that is built by itself.
FROM product
