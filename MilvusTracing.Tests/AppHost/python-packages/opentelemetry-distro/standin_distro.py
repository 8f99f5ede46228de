import os

from opentelemetry.instrumentation.distro import BaseDistro


class OtlpDistro(BaseDistro):
    def _configure(self, **kwargs):
        for signal in ("TRACES", "METRICS", "LOGS"):
            os.environ.setdefault(f"OTEL_{signal}_EXPORTER", "otlp")
        os.environ.setdefault("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
