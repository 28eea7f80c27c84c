# Three images: controller (no TensorFlow), trainer (GPU), trainer-cpu. Build them with `make image`.
# The base may be given by digest: --build-arg BASE=python@sha256:...
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS base
ENV PATH=/opt/tunejob/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 HOME=/tmp
RUN mkdir /work && python3 -m venv /opt/tunejob \
    && echo 'tunejob:x:65532:65532::/tmp:/usr/sbin/nologin' >> /etc/passwd

# The package alone. Only this stage sees the code, so that code does not touch the layers of dependencies.
FROM base AS package
COPY k8s/image/build.lock /src/
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r /src/build.lock
COPY pyproject.toml README.md LICENSE /src/
COPY job /src/job
COPY tunejob /src/tunejob
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index --prefix /opt/package /src

# Tests of packages are a tenth of their size, and nothing at run time reads them.
FROM base AS controller-packages
COPY k8s/image/controller.lock /tmp/lock
# Of the client of Kubernetes half is another for asyncio; and nobody installs anything into a controller.
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r /tmp/lock \
    && rm /tmp/lock && find /opt/tunejob/lib -name tests -type d -prune -exec rm -r {} + \
    && rm -r /opt/tunejob/lib/python3*/site-packages/kubernetes/aio && pip uninstall --yes --quiet setuptools pip

FROM base AS trainer-packages
COPY k8s/image/trainer.lock /tmp/lock
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r /tmp/lock \
    && rm /tmp/lock && find /opt/tunejob/lib -name tests -type d -prune -exec rm -r {} +

FROM base AS trainer-cpu-packages
COPY k8s/image/trainer-cpu.lock /tmp/lock
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r /tmp/lock \
    && rm /tmp/lock && find /opt/tunejob/lib -name tests -type d -prune -exec rm -r {} +

FROM controller-packages AS controller
COPY --from=package /opt/package/ /opt/tunejob/
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["tunejob"]

FROM trainer-packages AS trainer
COPY --from=package /opt/package/ /opt/tunejob/
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["tunejob"]

FROM trainer-cpu-packages AS trainer-cpu
COPY --from=package /opt/package/ /opt/tunejob/
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["tunejob"]
