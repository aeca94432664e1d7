type Environment = Readonly<Record<string, string | undefined>>;

/** Where OpenTelemetry's variables want metrics to go, and how often. */
export interface PushTarget {
  /** As the variable says it. */
  readonly endpoint: string;
  readonly variable: string;
  readonly everyMs: number;
  /** Maximum time of one push with its repetitions. */
  readonly timeoutMs: number;
}

const EVERY_MS = 60_000;
/** OpenTelemetry's default is 10 s, but the run waits for the last push before it ends. */
const TIMEOUT_MS = 2_000;
const ENDPOINTS = ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;

/** Null unless a variable names an endpoint and none turns metrics off. */
export function pushTarget(environment: Environment): PushTarget | null {
  const read = (name: string): string => environment[name]?.trim() ?? '';
  if (read('OTEL_SDK_DISABLED').toLowerCase() === 'true') return null;
  const exporters = read('OTEL_METRICS_EXPORTER').split(',');
  if (exporters.join() !== '' && !exporters.some((name) => name.trim() === 'otlp')) return null;
  const variable = ENDPOINTS.find((name) => read(name) !== '');
  if (variable === undefined) return null;
  const timeout =
    number(read('OTEL_EXPORTER_OTLP_METRICS_TIMEOUT')) ?? number(read('OTEL_EXPORTER_OTLP_TIMEOUT'));
  return {
    endpoint: read(variable),
    variable,
    everyMs: number(read('OTEL_METRIC_EXPORT_INTERVAL')) ?? EVERY_MS,
    timeoutMs: timeout ?? TIMEOUT_MS,
  };
}

/** Milliseconds; null for what is no positive whole number. */
function number(text: string): number | null {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return value > 0 ? value : null;
}
