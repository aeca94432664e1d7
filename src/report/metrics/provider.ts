import { type Meter, ValueType } from '@opentelemetry/api';
import {
  detectResources,
  emptyResource,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type IMetricReader,
  MeterProvider,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { VERSION } from '../../util/version.ts';
import type { RunFigures } from './figures.ts';
import { METRICS, type Metric } from './table.ts';

const SCOPE = { name: 'laion-fetch', version: VERSION };

/** Lets readers collect the metrics of a run. Each collection reads the figures as they are then. */
export function provideMetrics(figures: RunFigures, readers: readonly IMetricReader[]): void {
  const own = resourceFromAttributes({ 'service.name': SCOPE.name, 'service.version': SCOPE.version });
  // OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME.
  const resource = own.merge(detectResources({ detectors: [envDetector] }));
  const provider = new MeterProvider({ resource, readers: [...readers] });
  const meter = provider.getMeter(SCOPE.name, SCOPE.version);
  for (const metric of METRICS.filter(({ isFleeting }) => !isFleeting)) observe(meter, metric, figures);
}

function observe(meter: Meter, { name, kind, help, unit, read }: Metric, figures: RunFigures): void {
  const options = { description: help, valueType: ValueType.INT, ...(unit && { unit }) };
  const instrument =
    kind === 'counter'
      ? meter.createObservableCounter(name, options)
      : meter.createObservableGauge(name, options);
  instrument.addCallback((result) => {
    for (const { value, labels } of read(figures)) result.observe(value, labels);
  });
}

/** The metrics whose values may disappear, for each reader: an instrument would repeat a value for ever. */
export function fleetingMetrics(figures: RunFigures): MetricProducer {
  return {
    collect: async () => {
      const metrics = METRICS.filter(({ isFleeting }) => isFleeting).map((metric) => gauge(metric, figures));
      const scopeMetrics = [
        { scope: SCOPE, metrics: metrics.filter(({ dataPoints }) => dataPoints.length > 0) },
      ];
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
    },
  };
}

function gauge({ name, help, read }: Metric, figures: RunFigures): MetricData {
  const now = Date.now();
  const time: [number, number] = [Math.floor(now / 1000), (now % 1000) * 1e6];
  return {
    descriptor: {
      name,
      description: help,
      unit: '',
      valueType: ValueType.INT,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints: read(figures).map(({ value, labels = {} }) => ({
      startTime: time,
      endTime: time,
      attributes: labels,
      value,
    })),
  };
}
