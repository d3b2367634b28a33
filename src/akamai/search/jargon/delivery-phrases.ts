/** Words that people use for single operations of delivery, edge compute, DNS, certificates and reports. */
export const DELIVERY_PHRASES = `
papi get-contracts: agreements we have with akamai, contract ids ctr
papi get-cpcodes: billing buckets of a group, traffic reporting codes
papi post-cpcodes: new billing bucket, report traffic separately, make a code for billing
papi get-cpcode: name of a billing code
papi get-edgehostnames: edgesuite edgekey akamaized cname targets, names to point dns at
papi post-edgehostnames: edgekey.net edgesuite.net cname target for a domain, ipv6 map, hostname to point my dns to
papi get-groups: folders of the account, access groups tree, where properties live
papi get-products: which products can new configs use, ion dsa adaptive media delivery
papi get-product-mapping-use-cases: use cases of edge hostname mapping
papi get-includes: shared config snippets, reusable rule fragments, microservice configs
papi post-includes: reusable rule fragment shared between configs
papi get-include-parents: who depends on this include, configs that reference the shared snippet
papi post-include-activation: push a shared snippet live
papi delete-include-activation: stop the pending rollout of a shared snippet
papi get-include-version-rules: content of a shared snippet
papi put-include-version-rules: replace content of a shared snippet
papi get-include-validation: check include for errors before activation
papi get-hostnames: all domains on the cdn across the account, every hostname in use, full list of sites
papi post-certificate-challenges: prove domain ownership for secure by default cert, dcv acme tokens, validation cname, default certificate
papi get-hostname-audit-history: who added or moved this hostname, history of a domain
papi get-properties: all cdn configs in a group, delivery configurations, sites we deliver, ion configs
papi post-properties: new cdn config for a site, clone an existing config, onboard website
papi get-property: details of a cdn config, latest staging and production versions, find which version is live
papi delete-property: throw a cdn config away
papi get-property-activations: deployment history of config, which version is live and when, past pushes
papi post-property-activations: push live, go live, deploy config to staging or production, roll out version, deactivate take offline, publish site config, fast fallback
papi get-property-activation: is my deployment done, progress of the push, activation state
papi delete-property-activation: stop pending rollout, abort the push, cancel deployment
papi get-property-hostnames: domains currently active on a config
papi patch-property-hostnames: add a domain to a hostname bucket, remove domain without new version
papi get-property-hostnames-diff: domains that differ between staging and production
papi get-property-versions: revisions of config, change history with notes and authors
papi post-property-versions: make an editable copy, new draft, branch off the live version
papi get-latest-property-version: newest revision, most recent draft
papi get-property-version: revision details, notes, who edited
papi get-available-behaviors: which features can I use in rules, options of the product
papi get-available-criteria: which match conditions can I use in rules
papi get-property-version-hostnames: domains and cnames served by a config version, certificate status of hostnames
papi put-property-version-hostnames: replace set of domains served by config
papi patch-property-version-hostnames: put a domain onto an existing config, attach hostname, add or drop one domain
papi get-property-version-includes: which shared snippets a config uses
papi get-property-version-rules: caching settings, origin server settings, behaviors of the site, config content json, how is the site configured, ttl, redirects in rules
papi put-property-version-rules: change caching behavior, origin server, save edited rules, set ttl in config
papi patch-property-version-rules: json patch, small change to behavior, change only one setting, edit ttl or origin
papi head-property-version-rules: etag of rules without content
papi get-custom-behaviors: xml metadata behaviors written by akamai
papi get-custom-overrides: advanced metadata overrides
papi post-bulk-activations: push many configs at once
papi get-bulk-activation: progress of mass push
papi post-bulk-version: new drafts for many configs at once
papi post-bulk-patch: apply the same change to many configs, mass edit rules
papi post-bulk-search: find all configs with behavior or origin value, jsonpath over rules, mass search in rule trees
papi post-bulk-search-synch: find all configs with behavior or origin value immediately, jsonpath
papi get-bulk-search: results of mass search
papi post-search-find-by-value: which config serves this hostname, find property by name or edge hostname, locate site config
papi get-build: version of the rule engine, release of property manager
papi get-client-settings: default rule format and prefix settings of my client
papi get-rule-formats: frozen schema versions, v2024 dates
papi get-schemas-product-rule-format: json schema for rules, which options does a behavior have
ccu post-invalidate-url: purge a url, refresh page, show new content, url is stale, revalidate on next request, homepage still old
ccu post-delete-url: purge a url now, remove immediately from edge servers, leaked file, take out of cache at once
ccu post-invalidate-cpcode: purge a cpcode, flush whole site cache, everything under a code
ccu post-delete-cpcode: purge a cpcode now, wipe whole cache for a code
ccu post-invalidate-tag: purge a tag, flush by surrogate key label, everything labelled
ccu post-delete-tag: purge a tag now, drop all objects with label from cache
eccu-api post-request: invalidate a directory, all files with an extension, recursive purge by path, wildcard purge
eccu-api get-requests: earlier directory purges
eccu-api get-request: is the directory purge finished
edgeworkers get-ids: our edge functions, list workers
edgeworkers post-ids: register new edge function
edgeworkers put-id: rename or move an edge function
edgeworkers post-id-clone: copy worker to another tier
edgeworkers get-activations: deployments of an edge function, which version is live
edgeworkers post-activations: deploy edge function, push worker live, ship code to production
edgeworkers post-rollback-to-previous-active-version: edge function broke, go back to what ran before, revert worker
edgeworkers delete-activation: stop the pending worker deployment
edgeworkers post-deactivations: switch off the edge function, take worker offline
edgeworkers get-properties: which sites run this worker
edgeworkers get-versions: uploaded bundles of a worker
edgeworkers post-versions: ship new tgz, upload javascript bundle, new code
edgeworkers get-version-content: source code of a worker, download code
edgeworkers get-reports: worker metrics kinds
edgeworkers get-report: cpu time, memory, errors, execution statistics, failures, how often does it fail
edgeworkers get-resource-tiers: cpu and memory limits, plans dynamic compute basic compute
edgeworkers get-id-resource-tier: limits of one worker
edgeworkers get-limits: max bundle size, how many workers allowed
edgeworkers post-secure-token: enhanced debug headers, trace worker, turn on debugging
edgeworkers post-validations: check bundle before upload, lint worker, is my tgz ok
edgeworkers get-revisions: flexible composition combined bundles
edgeworkers post-revision-compare: difference between combined bundles
edgeworkers post-revision-pin: freeze dependency revision
edgekv put-item: store feature flag, set key, save value, write json, upsert
edgekv get-item: value of a key, lookup key, what is stored under
edgekv delete-item: remove a key
edgekv get-group-items: what keys exist, list keys in group
edgekv get-namespaces: databases, keyspaces
edgekv post-namespace: new database keyspace, retention, geo location of data
edgekv put-namespace: change retention period
edgekv get-tokens: credentials for edge database
edgekv post-tokens: credential so worker can read database
edgekv delete-token: leaked credential, make unusable, revoke
edgekv get-token: download credential file for bundle
edgekv put-initialize: switch on key value store first time, provision database
edgekv get-initialize: is the database ready
edgekv put-auth-database: data access policy restrict
edgekv put-reauthorize-namespace: move namespace to another group
config-dns get-zones: domains hosted with akamai dns
config-dns post-zone: host a new domain, add zone, primary secondary alias
config-dns put-zone: change masters, comment, enable signing dnssec
config-dns get-zone: settings of a domain zone
config-dns post-zones-delete-requests: delete a zone, stop hosting a domain, remove domain
config-dns post-zones-create-requests: many zones at once
config-dns get-zones-zone-recordsets: all dns records of a domain, what does the zone contain
config-dns post-zones-zone-recordsets: many records at once
config-dns put-zones-zone-recordsets: replace all records
config-dns get-zone-name-type: current value and ttl of a record, what does name resolve to
config-dns post-zones-zone-names-name-types-type: add a cname txt mx a aaaa record, point name at address, subdomain, verification txt, spf dkim
config-dns put-zones-zone-names-name-types-type: change ttl, update a record, point to another address, mail exchanger
config-dns delete-zone-name-type: remove subdomain record
config-dns get-zone-names: subdomains of a zone
config-dns get-zone-versions: history of zone edits
config-dns get-zone-versions-diff: what changed between versions of zone
config-dns post-zones-zone-versions-uuid-recordsets-activate: restore older zone version, undo dns change, yesterday's data
config-dns get-zones-zone-zone-file: export bind file, backup of zone
config-dns post-zones-zone-zone-file: import bind file, upload zone
config-dns post-zones-zone-transfer-status: secondaries getting axfr, zone transfer failing
config-dns post-zones-dns-sec-status: ds record for registrar, signed zones, key rollover
config-dns get-data-authorities: which name servers to give my registrar, delegation ns
config-dns get-record-set-types: supported record types
config-dns get-keys: transfer keys
config-dns post-changelists: stage several dns edits together
config-dns post-changelists-zone-submit: publish staged dns edits
config-dns post-changelists-zone-recordsets-add-change: stage one dns edit
config-dns get-changelists-zone-diff: review staged dns edits
config-gtm get-domains: akadns load balancing domains
config-gtm post-domain: new akadns domain
config-gtm get-properties: load balanced names, failover names
config-gtm get-property: failover weights, liveness tests, targets of a load balanced name
config-gtm put-property: change weights, send percent of users, failover, add liveness test, disable a target, drain datacenter, round robin
config-gtm delete-property: remove load balanced name
config-gtm get-status-current: has change propagated, propagation status
config-gtm get-domain-history: earlier changes to the domain
config-gtm get-datacenters: locations we balance between
config-gtm post-datacenter: new location for balancing
config-gtm put-geographic-map: users of a country to a datacenter, geo routing
config-gtm put-cidr-map: route by client network
config-gtm put-as-map: route by autonomous system isp
config-gtm put-resource: load feedback constraint
gtm-api get-liveness-tests-property: servers marked down, probe results
gtm-api get-ip-availability-property: uptime of targets, which ips were handed out
gtm-api get-traffic-property: dns requests per load balanced name
gtm-api get-traffic-datacenter: dns decisions per location
gtm-api get-latency-datacenter: response time per location
gtm-load-data post-domain-resource: tell balancer current load
cps get-enrollments: certificates, when do certs expire, all tls certs, cert list
cps post-enrollment: order new certificate, request cert for domain, lets encrypt dv
cps get-enrollment: sans, issuer, contacts, key type, common name of a certificate
cps put-enrollment: add san, change cipher profile, network deployment, renew, force renewal
cps delete-enrollment: retire certificate
cps get-enrollment-change: progress of issuing or renewal, what is certificate waiting for
cps delete-enrollment-change: abort certificate renewal
cps get-change-allowed-input-param: csr to send to ca, dv challenges tokens, warnings to review, pre verification
cps post-change-allowed-input-param: upload signed third party cert, acknowledge warnings, acknowledge dv challenges, approve change management
cps get-change-deployment-schedule: when will certificate go out
cps put-change-deployment-schedule: deploy certificate at a given time, postpone
cps get-deployments: which certificate is live
cps get-deployments-production: certificate live in production, expiry date
cps get-deployment-staging: certificate on staging
cps get-dv-history: domain validation history
cps get-history-certificates: earlier certificates
cps get-history-changes: what was done to a certificate
imaging get-policies: image transformation recipes
imaging get-policy: transformations, widths, quality of images
imaging put-policy: resize pictures, change quality, watermark, breakpoints width, format webp avif, crop
imaging put-rollback-policy: undo image policy change
imaging get-images: which pictures were optimised
imaging get-image: details, derivative sizes of a picture
imaging get-errors: why did picture optimisation fail
imaging post-policyset: new image configuration region
imaging get-image-collections: group of pictures slideshow 360
cloudlets-v3 get-policies: shared redirect policies
cloudlets-v3 post-policy: new redirect or forward policy
cloudlets-v3 put-policy-version: redirect old url to new one, change match rules, edit redirects, percentages
cloudlets-v3 post-policy-version: draft of redirects
cloudlets-v3 get-policy-version: current redirects, match rules
cloudlets-v3 post-policy-activations: push redirects live
cloudlets-v3 get-policy-activations: are the redirects live
cloudlets-v2 put-policy-version: redirect old url to new one, change match rules, edit redirects
cloudlets-v2 post-policy-version-rules: add one redirect rule
cloudlets-v2 post-policy-version-activations: push redirects live
cloudlets-v2 put-origin-version: change split percentages between origins
cloudlets-v2 post-origin-activations: make application load balancer split live, switch datacenter
cloudlets-v2 post-policy: new redirect policy
datastream-config-api get-streams: log delivery setups
datastream-config-api post-stream: ship access logs to s3 bucket splunk datadog, log delivery, send logs
datastream-config-api put-stream: change log fields, destination, sampling
datastream-config-api patch-stream: change one setting of log delivery, destination credentials
datastream-config-api post-stream-activate: start log delivery
datastream-config-api post-stream-deactivate: stop log delivery, pause logs
datastream-config-api get-streams-metrics: is log delivery losing data, upload failures, delivered volume
datastream-config-api get-dataset-fields: which log fields exist
datastream-config-api get-group-properties: sites that can be logged
datastream-config-api get-stream-history: who changed log delivery
edge-diagnostics post-error-translator: meaning of reference error code, decode reference string, why did user see error, 503 error page
edge-diagnostics post-curl: fetch page from an edge server in a city, response headers from location, pragma debug headers
edge-diagnostics post-dig: resolve name from edge location, nslookup
edge-diagnostics post-mtr: network route, packet loss to origin, traceroute
edge-diagnostics post-grep: search edge logs for a request, client ip or status in logs
edge-diagnostics get-grep-request: log search results
edge-diagnostics post-estats: error counts for hostname or cpcode, top urls with errors, how many 5xx
edge-diagnostics post-mdt: trace rules behaviors matched for request, metadata trace
edge-diagnostics post-locate-ip: geolocation of address, which country asn
edge-diagnostics post-verify-edge-ip: is this address akamai
edge-diagnostics post-verify-locate-ip: is it akamai and where in the world
edge-diagnostics post-translated-url: decode arl, origin server, cache ttl, cpcode of url
edge-diagnostics post-url-health-check: page healthy end to end, run all checks on url
edge-diagnostics post-connectivity-problems: user cannot reach site, slow network analysis
edge-diagnostics post-content-problems: wrong or stale content analysis
edge-diagnostics post-user-diagnostic-data-groups: link to send customer that collects network details
edge-diagnostics get-user-diagnostic-data-group-records: results collected from users
edge-diagnostics get-edge-locations: cities from where tests can run
edge-diagnostics post-debug: esi include debugging
reporting-api post-report-version-data: bandwidth served, hits by cpcode, offload, top urls, traffic yesterday, unique visitors, response codes
reporting-api get-report-version-data: bandwidth served, hits, offload, traffic
reporting-api get-reports: which reports exist, metrics and dimensions
alerts post-definition: mail me when errors rise, new alarm, notify on origin errors, traffic drop
alerts get-active-alert-firings: what is wrong now, current alarms
alerts get-active-alert-count: number of alarms ringing
alerts get-definition-alert-firings: when did this alarm fire
alerts put-definition: change threshold or recipients
alerts delete-definition: stop getting this alarm
alerts get-templates: kinds of alarms
alerts post-definition-suppression: mute alarm, silence
sandbox-api post-sandbox: private copy of config for development, isolated environment
sandbox-api put-sandbox-properties-rules: try config change in dev environment
sandbox-api post-sandbox-rotate-jwt: new token for sandbox client
sandbox-api put-sandbox-edgeworker: try worker code in dev environment
test-management post-auto-generate-test-suite: make tests automatically from config
test-management post-test-runs: run tests, verify site behaves after change, compare staging and production
test-management get-test-run: results, did tests pass
test-management post-test-suites: new group of tests
test-management post-test-cases: add checks for a url
storage get-storage-groups: origin storage buckets
storage post-storage-groups: new origin storage
storage post-upload-accounts: ftp rsync ssh login for uploading files
storage put-upload-account: change keys or password of ftp login, disable login
storage get-upload-accounts: who can upload files
storage put-cpcode-age-deletions: delete stored files automatically after days
storage post-snapshots-schedule-now: list of all files now
storage post-rule-sets: propagation serve rules
netstorage-usage-api get-dir: show files in directory, ls
netstorage-usage-api put-upload: put file into storage
netstorage-usage-api list-all-event-subscriptions: who is told about file events
media-delivery-reports get-adaptive-media-delivery-data: video traffic numbers
media-delivery-reports get-adaptive-media-delivery-realtime-data: live video traffic right now
media-delivery-reports get-download-delivery-data: large file download numbers
media-delivery-reports get-object-delivery-data: small object traffic numbers
media-reports get-http-ingest-data: live broadcast ingest statistics, encoder bitrate
config-media-live post-stream: new live channel, set up broadcast
config-media-live post-origin: new ingest origin for live video
config-media-live delete-stream: end live channel
config-media-live get-publishing-locations: where encoders send video
config-media-live get-vod-origin: archive origins
live-archive post-vod: make on demand clip of a live stream
live-archive get-stream-archives: recordings of a channel
live-archive delete-stream-endpoint: delete recorded segments
adaptive-acceleration post-property-reset: server push wrong, start learning again
adaptive-acceleration get-property: which resources are pushed or preconnected
script-management get-property-hostname-network-insights: third party scripts slowing page
script-management post-property-hostname-network-policy: defer or block a third party script
cprg get-cpcodes: all billing codes in the account
cprg put-cpcode: rename billing code, change its time zone, make purgeable
cprg get-cpcode: products and contract of a billing code
cprg get-cpcodes-watermark-limits: how many codes may I still create
cprg get-reporting-groups: groups of billing codes
cprg post-reporting-groups: combine billing codes for reports
contract-api get-contract-ids: agreements we have
contract-api get-contract-product-summaries: what did we buy, purchased products
case-management post-cases: ask akamai for help, report a problem
case-management get-cases: our open tickets
case-management post-comments: answer support engineer
case-management post-attachments: send screenshot or har file to support
case-management post-close: ticket solved
case-management patch-case: change contact person on ticket
invoicing get-invoices: what were we billed, bills of account
invoicing get-contract-invoice-download: pdf of bill
invoicing post-notification: mail me when bill is ready
events post-events: announce planned sale or live match to see traffic
event-viewer get-events: who changed what in control center, audit trail
event-viewer get-event-types: kinds of audited actions
chinacdn post-property-hostname-provision-state-change: bring site online in china, take offline in china
chinacdn get-current-provision-states: which sites are live in china
chinacdn get-icp-numbers: china licenses
chinacdn put-property-hostname: register site for china
cloud-wrapper post-configuration-activations: launch origin offload cache layer
cloud-wrapper post-configuration: new origin offload cache
cloud-wrapper get-capacity-inventory: reserved cache space left
cloud-wrapper get-auth-keys: key for other cdn
`;
