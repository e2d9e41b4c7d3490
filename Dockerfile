# The app for a processor, as a user without rights, with the built-in voice and the compiled kernels inside.
#   docker build -t speecht5-demo .   &&   docker run -p 7860:7860 -v ratings:/data speecht5-demo
FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY scripts/install.sh scripts/install.py scripts/torch_build.py scripts/kernels.py scripts/
COPY requirements.txt requirements-postgres.txt requirements-lock.txt ./
# First what is locked, each file by its hash; then torch, and nothing else is left to fetch.
RUN sh scripts/install.sh requirements-lock.txt --require-hashes --no-deps \
    && TORCH=cpu sh scripts/install.sh requirements.txt && sh scripts/install.sh requirements-postgres.txt
COPY app.py README.md LICENSE ./
COPY speecht5_demo speecht5_demo
COPY assets assets
COPY results results
# For every kind of processor of this architecture: where the image runs is not known here.
RUN XDG_CACHE_HOME=/app/.cache .venv/bin/python scripts/kernels.py

FROM python:3.11-slim-bookworm
RUN useradd --uid 1000 --create-home app && mkdir /data && chown app /data
COPY --from=build --chown=app /app /app
USER app
WORKDIR /app
ENV HOST=0.0.0.0 PORT=7860 DATA_DIR=/data CHECKPOINT=embedded XDG_CACHE_HOME=/app/.cache PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/app/.venv/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["/app/.venv/bin/python", "app.py"]
