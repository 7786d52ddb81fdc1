# Built by `poe docker-build`, run by `poe docker-run`. Source code is copied last, so a change rebuilds a few kB only.
# `--build-arg BOOSTING=1` adds LightGBM: 12 MB, and 0.1 MB for libgomp.
ARG BOOSTING=
FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

FROM python:3.11-slim-bookworm AS libraries
ARG BOOSTING
WORKDIR /build
COPY --from=uv /uv /usr/local/bin/uv
COPY requirements.txt requirements-boosting.txt ./
# Wheels with the hashes of requirements.txt only; nothing is built from source. Compiled bytecode halves the time of
# imports at each start. The tests of the large libraries take 60 MB.
RUN uv venv --quiet /opt/mlapp \
    && VIRTUAL_ENV=/opt/mlapp uv pip sync --no-cache --require-hashes --no-build --compile-bytecode requirements.txt \
        ${BOOSTING:+requirements-boosting.txt} \
    && find /opt/mlapp/lib -type d -name tests \
        \( -path '*/numpy/*' -o -path '*/scipy/*' -o -path '*/sklearn/*' -o -path '*/joblib/*' \) \
        -prune -exec rm -rf {} +

FROM python:3.11-slim-bookworm
ARG BOOSTING
# hadolint ignore=DL3008
RUN if [ -n "$BOOSTING" ]; then \
        apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*; \
    fi
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin mlapp \
    && install --directory --owner mlapp --group mlapp /data
COPY --from=libraries /opt/mlapp /opt/mlapp
WORKDIR /app
COPY main.py ./
COPY mlapp mlapp
COPY pages pages
RUN ["/opt/mlapp/bin/python", "-m", "compileall", "-q", "."]
# Only /data and /tmp are written at run time, so the root file system can be read-only.
ENV PATH=/opt/mlapp/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NICEGUI_STORAGE_PATH=/tmp/nicegui \
    MLAPP_HOST=0.0.0.0 \
    MLAPP_STORE=/data
VOLUME /data
EXPOSE 8000
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; p = os.environ.get('MLAPP_PORT') or os.environ.get('PORT') or 8000; u.urlopen(f'http://127.0.0.1:{p}/health', timeout=4)"]
CMD ["python", "main.py"]
