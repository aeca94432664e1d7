import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import { parseUrl } from '../../util/text/parse-url.ts';
import { redactUrl } from '../../util/text/redact-url.ts';
import { RunFigures } from './figures.ts';
import { fleetingMetrics, provideMetrics } from './provider.ts';
import type { PushTarget } from './push-target.ts';
import { type ScrapeServer, startScrapeServer } from './scrape-server.ts';
import type { RunMetrics } from './start-metrics.ts';

interface OpenPlan {
  readonly address: string | null;
  readonly target: PushTarget | null;
  readonly warn: (message: string) => void;
}

/** Starts the server of Prometheus' scrapes and the pushes to a collector, each if it is wanted. */
export async function openMetrics({ address, target, warn }: OpenPlan): Promise<RunMetrics> {
  const figures = new RunFigures();
  const producer = fleetingMetrics(figures);
  const readers: IMetricReader[] = [];
  let server: ScrapeServer | null = null;
  let pushed: IMetricReader | null = null;
  if (address !== null) {
    // It formats the metrics; the server is ours, because it has another path as well.
    const scraped = new PrometheusExporter({
      preventServerStart: true,
      withoutScopeInfo: true,
      metricProducers: [producer],
    });
    server = await startScrapeServer(address, (request, response) =>
      scraped.getMetricsRequestHandler(request, response),
    );
    readers.push(scraped);
  }
  if (target !== null && isCollector(target, warn)) {
    const { pushReader } = await import('./push-reader.ts');
    pushed = pushReader(target, producer, warn);
    readers.push(pushed);
  }
  provideMetrics(figures, readers);
  return {
    url: server?.url ?? null,
    take: (event) => figures.take(event),
    watch: (counts) => {
      figures.counts = counts;
    },
    stop: async () => {
      figures.end();
      await pushed?.shutdown().catch(() => {});
      server?.close();
    },
  };
}

/** The exporter would send to localhost instead of an endpoint that it cannot read. */
function isCollector({ endpoint, variable }: PushTarget, warn: (message: string) => void): boolean {
  if (/^https?:$/.test(parseUrl(endpoint)?.protocol ?? '')) return true;
  warn(
    `${variable}: expected a URL such as http://127.0.0.1:4318, got '${redactUrl(endpoint)}'; no metrics are sent`,
  );
  return false;
}
