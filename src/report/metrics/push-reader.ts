import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import {
  type MetricProducer,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { redactUrl } from '../../util/text/redact-url.ts';
import type { PushTarget } from './push-target.ts';

/**
 * Sends the metrics to a collector every now and then, and once more at the end. The exporter reads the other variables
 * of OpenTelemetry itself. The first failure is a warning; nothing else depends on the collector.
 */
export function pushReader(
  { endpoint, everyMs, timeoutMs }: PushTarget,
  producer: MetricProducer,
  warn: (message: string) => void,
): PeriodicExportingMetricReader {
  let hasWarned = false;
  const onFailure = (error: Error | undefined): void => {
    if (hasWarned) return;
    hasWarned = true;
    const why = error === undefined ? 'no reason given' : reasonOf(error);
    warn(
      `metrics cannot be sent to ${redactUrl(endpoint)}: ${why}; the run goes on without them and tries again; expected a collector that takes OTLP as JSON over HTTP, usually at port 4318`,
    );
  };
  return new PeriodicExportingMetricReader({
    exporter: new WatchedExporter(timeoutMs, onFailure),
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: Math.min(everyMs, 2 * timeoutMs),
    metricProducers: [producer],
  });
}

class WatchedExporter extends OTLPMetricExporter {
  readonly #onFailure: (error: Error | undefined) => void;

  constructor(timeoutMillis: number, onFailure: (error: Error | undefined) => void) {
    super({ timeoutMillis });
    this.#onFailure = onFailure;
  }

  override export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    super.export(metrics, (result) => {
      if (result.code !== ExportResultCode.SUCCESS) this.#onFailure(result.error);
      done(result);
    });
  }
}

/** Errors of sockets often have a code alone, those of several addresses a list of errors. */
function reasonOf(error: Error): string {
  const { message, code, errors } = error as Error & { code?: unknown; errors?: readonly Error[] };
  return message || errors?.[0]?.message || String(code ?? error.name);
}
