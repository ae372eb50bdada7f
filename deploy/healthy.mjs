// The image's health check: the service says that it lives. Whether its dependencies answer is asked at /readyz.
const answer = await fetch(`http://127.0.0.1:${process.env.PORT}/healthz`, { signal: AbortSignal.timeout(2_000) });
process.exitCode = answer.ok ? 0 : 1;
