# Two stages: the first compiles mysqlclient, which needs headers; the second runs the site without
# root.
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
    && useradd --uid 1000 --no-create-home --shell /usr/sbin/nologin vitrine
COPY --from=build /venv /venv
WORKDIR /app
# Root owns code and static files, so the account that runs them cannot change them.
COPY . .
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/var/lib/vitrine MEDIA_ROOT=/srv/media STATIC_ROOT=/app/collected
# A throwaway key for this command only; nothing is signed with it.
RUN SECRET_KEY=only-for-collecting-static-files-00000000000000000000 DEMO_GATEWAY=on \
    python manage.py collectstatic --noinput -v0 \
    && python -m compileall -q /app \
    && install -d -o vitrine -g vitrine -m 0700 /var/lib/vitrine \
    && install -d -o vitrine -g vitrine -m 0755 /srv/media
USER vitrine
VOLUME ["/var/lib/vitrine", "/srv/media"]
EXPOSE 8000
# /health/live accepts any Host header.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"
CMD ["python", "site_project/serve.py", "--web-only", "--host", "0.0.0.0", "--workers", "2"]
