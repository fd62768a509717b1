interface Counts {
  readonly total: number;
  readonly delivered: number;
  readonly failed: number;
  readonly skipped: number;
}

/** How deliveries stand: each is delivered, pending or failed, and a skipped one counts as failed. */
export interface DeliveryStats {
  readonly total: number;
  readonly delivered: number;
  readonly pending: number;
  readonly failed: number;
  /** `delivered / total` in percent with two decimals: `98.00%`, and `0.00%` when there are none. */
  readonly successRate: string;
}

export function deliveryStats({ total, delivered, failed, skipped }: Counts): DeliveryStats {
  const notDelivered = failed + skipped;
  const percent = total === 0 ? 0 : (100 * delivered) / total;
  return {
    total,
    delivered,
    pending: total - delivered - notDelivered,
    failed: notDelivered,
    successRate: `${percent.toFixed(2)}%`,
  };
}
