# One image for every service: the first argument names the one to run.
#   docker build -t parapet .
#   docker run parapet release-control
FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts && rm -rf .parapet .nx

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=build /app /app
USER node
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=12 CMD ["node", "deploy/healthy.mjs"]
ENTRYPOINT ["node", "--enable-source-maps", "deploy/run.mjs"]
CMD ["release-control"]
