# One image for the API, the mail worker and the command line. The first stage has the build tools,
# the second one only what runs.

FROM python:3.13-slim-trixie AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /build
RUN python -m venv /opt/customer-api
COPY requirements/runtime.lock requirements/runtime.lock
RUN /opt/customer-api/bin/python -m pip install --only-binary :all: --require-hashes -r requirements/runtime.lock

COPY pyproject.toml README.md ./
COPY migrations migrations
COPY src src
RUN /opt/customer-api/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/customer-api/bin/python -m pip install --no-deps --no-index dist/*.whl \
    && /opt/customer-api/bin/python -m pip uninstall --yes editables hatchling pip


FROM python:3.13-slim-trixie

ENV PATH=/opt/customer-api/bin:$PATH \
    PYTHONUNBUFFERED=1

# Named volumes take over the owner of the directories they are mounted on.
RUN useradd --uid 10001 --no-create-home --home-dir /var/lib/customer-api --shell /usr/sbin/nologin customer-api \
    && install --directory --mode 0700 --owner 10001 --group 10001 \
        /var/lib/customer-api /var/lib/customer-api/var /var/lib/customer-api/keys

COPY --from=build /opt/customer-api /opt/customer-api

WORKDIR /var/lib/customer-api
USER 10001:10001
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]

ENTRYPOINT ["customer-api"]
CMD ["serve", "--host", "0.0.0.0"]
