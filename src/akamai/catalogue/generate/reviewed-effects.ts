import type { CallEffect } from '../facts.ts';

/** POSTs that only look something up, compute or report, though nothing in their names says so. */
const READS = `
apikey-manager-api-v1 post-report
datastream-config-api-v2 post-prepare-payload
etp-report-v3 post-access-logs-details
etp-report-v3 post-dns-activities-details
etp-report-v3 post-network-traffic-connections-details
etp-report-v3 post-sinkhole-event-details
etp-report-v3 post-threat-event-details
etp-report-v3 post-traffic-transaction-details
identity-management-v3 post-api-clients-users-allowed-cpcodes
ip-protect-v1 post-policy-domains-vips
ip-protect-v1 post-policy-domains-vips-health-stats
prolexic-analytics-v2 post-metrics
reporting-api-v1 post-report-version-data
test-management-v3 post-try-it
edge-diagnostics-v1 post-connectivity-problems
edge-diagnostics-v1 post-content-problems
edge-diagnostics-v1 post-curl
edge-diagnostics-v1 post-debug
edge-diagnostics-v1 post-dig
edge-diagnostics-v1 post-error-translator
edge-diagnostics-v1 post-estats
edge-diagnostics-v1 post-grep
edge-diagnostics-v1 post-locate-ip
edge-diagnostics-v1 post-mdt
edge-diagnostics-v1 post-mtr
edge-diagnostics-v1 post-translated-url
edge-diagnostics-v1 post-url-health-check
edge-diagnostics-v1 post-verify-edge-ip
edge-diagnostics-v1 post-verify-locate-ip
papi-v1 post-bulk-search
papi-v1 post-bulk-search-synch
papi-v1 post-search-find-by-value
config-dns-v2 post-keys-used-by
config-dns-v2 post-zones-dns-sec-status
config-dns-v2 post-zones-zone-transfer-status
edgeworkers-v1 post-validations
`;

/** Can be taken back by another call, although a word in the name sounds final; or validates by changing a state. */
const WRITES = `
apikey-manager-api-v1 post-keys-quota-reset
appsec-v1 post-onboarding-certificate-validation
appsec-v1 post-validate-onboarding-cname-records
appsec-v1 post-onboarding-origin-validation
chinacdn-v1 put-edge-hostname-deprovision-policy
crux-v1 post-verify
linode-v4 post-profile-phone-number-verify
taas-v2 post-revocation-list
taas-v2 post-unrevoke-revocation-list-ids
`;

/** Spends money, loses data, invalidates a secret or interrupts whoever uses the thing. */
const DESTRUCTIVE = `
crux-v1 post-app-directory
dcp-api-v1 put-configuration-version-active
etp-config-v3 post-device-de-activate
etp-config-v3 post-rotate-entitlement-code
identity-management-v2 post-allowlist-enable
identity-management-v3 post-allowlist-enable
identity-management-v2 post-ui-identity-lock
identity-management-v3 post-ui-identity-lock
identity-management-v2 post-set-password
identity-management-v3 post-set-password
identity-management-v3 put-lock-api-client
identity-management-v3 put-lock-api-client-self
linode-v4 post-accept-entity-transfer
linode-v4 post-accept-service-transfer
linode-v4 post-credit-card
linode-v4 post-databases-mysql-instance-backup-restore
linode-v4 post-databases-postgre-sql-instance-backup-restore
linode-v4 post-detach-volume
linode-v4 post-enable-account-managed
linode-v4 post-execute-pay-pal-payment
linode-v4 post-lke-cluster-regenerate
linode-v4 post-migrate-linode-instance
linode-v4 post-mutate-linode-instance
linode-v4 post-payment
linode-v4 post-rescue-linode-instance
linode-v4 post-resize-disk
linode-v4 post-resize-linode-instance
linode-v4 post-restore-backup
linode-v4 post-tfa-disable
sandbox-api-v1 post-sandbox-rotate-jwt
storage-v1 put-cpcode-age-deletions
`;

/** Effects where words mislead, by `api operationId`: each was read in its API's documentation. */
export const REVIEWED_EFFECTS: ReadonlyMap<string, CallEffect> = new Map(
  (
    [
      ['read', READS],
      ['write', WRITES],
      ['destructive', DESTRUCTIVE],
    ] as const
  ).flatMap(([effect, lines]) =>
    lines
      .trim()
      .split('\n')
      .map((line) => [line, effect] as const),
  ),
);
