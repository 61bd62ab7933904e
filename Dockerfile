# Two stages: the first compiles (mysqlclient needs headers), the second only runs, without root.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libmariadb-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /venv
COPY requirements.txt requirements-mysql.txt /tmp/
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/requirements.txt \
    && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/requirements-mysql.txt

FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 vitrine
COPY --from=build /venv /venv
WORKDIR /app
COPY --chown=vitrine . .
RUN mkdir -p var/mail media && chown -R vitrine var media
USER vitrine
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
# The key is only for this command; nothing is signed with it.
RUN SECRET_KEY=only-for-collecting-static-files-00000000000000000000 DEMO_GATEWAY=on python manage.py collectstatic --noinput -v0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live')"
CMD ["python", "site_project/serve.py", "--web-only", "--host", "0.0.0.0", "--workers", "2"]
