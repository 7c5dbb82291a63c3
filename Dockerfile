# The studio on a CPU, as nobody in particular, on a file system that may be read-only (compose.yaml runs it so).
#   docker build -t impasto .
#   docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:7860:7860 impasto      # prints an address that holds a token
#   docker run --rm -v "$PWD:/work" -w /work -u "$(id -u)" impasto stylize photo.jpg --style udnie
FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY src src
RUN python -m venv /opt/impasto && \
    /opt/impasto/bin/pip install --no-cache-dir --constraint constraints.txt '.[serve,heic]'

FROM python:3.12-slim
COPY --from=build /opt/impasto /opt/impasto
ENV PATH=/opt/impasto/bin:$PATH \
    IMPASTO_CACHE=/var/cache/impasto \
    PYTHONDONTWRITEBYTECODE=1
# Compiled here for the processor that builds the image; another kind compiles again when it starts, in memory.
RUN useradd --create-home --uid 10001 impasto && \
    python -c "import numpy; from impasto import Stylizer; \
               photo = numpy.zeros((256, 256, 3), numpy.uint8); \
               Stylizer.load().stylize(photo, 'udnie', strength=0.5)" && \
    chmod -R a+rX /var/cache/impasto
USER 10001
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
ENTRYPOINT ["impasto"]
CMD ["studio", "--host", "0.0.0.0", "--no-browser"]
