# `python:3.11-slim` is what the suite runs on. To build the same image again and again, pin it where your registry can
# be asked: docker buildx imagetools inspect python:3.11-slim --format '{{.Manifest.Digest}}', and append @sha256:... to
# the line below. No digest stands here because none could be looked up and tried where this file is tested.
ARG PYTHON=python:3.11-slim

# Build: the locked dependencies first, so that a change of code does not fetch them again.
# hadolint ignore=DL3006
FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/aleta-sync
ENV PATH=/opt/aleta-sync/bin:$PATH
WORKDIR /src
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes --requirement requirements.lock
COPY . .
RUN pip install --no-deps --no-build-isolation .
# Extras beside `serve`, as --build-arg EXTRAS=postgres,notify; what they need is in no lock file of the image.
ARG EXTRAS=
# hadolint ignore=DL3013
RUN if [ -n "$EXTRAS" ]; then pip install --no-build-isolation ".[$EXTRAS]"; fi

# Run: the environment alone.
# hadolint ignore=DL3006
FROM ${PYTHON}
RUN useradd --uid 10001 --create-home aleta \
    && install --directory --owner aleta --group aleta --mode 0700 /data
COPY --from=build /opt/aleta-sync /opt/aleta-sync
ENV PATH=/opt/aleta-sync/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ALETA_SYNC_CONFIG=/config
USER 10001
# data_dir = "data" starts at the folder that holds /config
VOLUME ["/data"]
# Healthy while every tenant was complete lately; a first load has a day. It reads files and sends nothing.
ENV ALETA_SYNC_MAX_AGE=26
# hadolint ignore=DL3025
HEALTHCHECK --interval=15m --timeout=60s --start-period=24h --retries=1 \
    CMD aleta-sync status --max-age "$ALETA_SYNC_MAX_AGE" > /dev/null
ENTRYPOINT ["aleta-sync"]
CMD ["--help"]
