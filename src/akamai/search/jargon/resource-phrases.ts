/**
 * What people call the resources of each API: `api segment: words`. A line applies to every operation whose path has
 * that segment; the verbs of the request then choose among them.
 */
export const RESOURCE_PHRASES = `
alerts alert-definitions: alarm rule, warning mail, notification threshold, watch, who gets told
alerts alert-firings: alarms that went off, triggered warnings, incidents ringing
alerts alert-summaries: overview of alarms
alerts alert-templates: kinds of alarm that can be set up
alerts suppressions: mute, silence, quiet, snooze alarm learning
alerts sparklines: small trend graphs
amfa users: enrolled person, registered for push authentication, staff member second factor
amfa devices: phone, smartphone, authenticator app, key fob, enrolled device
amfa bypass-codes: emergency code, one time passcode, lost phone fallback
amfa email-enrollments: invitation mail, sign-up mail to staff
api-definitions endpoints: rest interface, web service, api description, orders api
api-definitions categories: grouping label of apis
api-definitions gzip: compress, compression, compressed json answers, smaller responses
api-definitions cors: browser cross origin, preflight, allow other domains javascript calls
api-definitions jwt: token check, bearer token validation at gateway
api-definitions graphql: query language cache
api-definitions cache: keep answers, ttl of api responses, caching of json
api-definitions routing: forward to backend, origin by path
api-definitions error-responses: custom error body, message when call fails
api-definitions api-privacy: public or private api, who may see
api-definitions piis: personal data, sensitive fields, gdpr, email or credit card in payload
api-definitions resources: methods, operations, routes of an api, base path
api-definitions hosts: domain for api
apikey-manager-api keys: consumer token, partner key, developer access, client key
apikey-manager-api collections: group of consumer keys, customer package, plan of partner
apikey-manager-api quota: calls per day, allowance, usage cap
apikey-manager-api acl: which apis may be called with key
apikey-manager-api counters: requests per second cap, slow down, spike arrest
apikey-manager-api tags: labels on keys
appsec custom-rules: own signature, hand written rule, home made filter
appsec failover-hostnames: backup domains protection
appsec cookie-settings: cookies waf, samesite
appsec evasive-path-match: encoded path tricks, url evasion, dot dot
appsec logging: headers in firewall records, what is recorded, log cookies
appsec attack-payload: malicious request contents in logs, recorded attack data, record bodies of attacks
appsec pii-learning: find personal data automatically
appsec pragma-header: debug headers, strip akamai headers
appsec prefetch: prefetched requests inspection
appsec request-body: size of post inspected, big uploads inspection limit
appsec bypass-network-lists: trusted addresses not inspected, skip firewall for our office
appsec custom-deny: own block page, message to blocked visitors
appsec match-targets: which paths and sites a policy covers, scope
appsec malware-policies: scan uploads for viruses, infected file
appsec rate-policies: throttle, too many requests, brute force, scraping, flood, login attempts
appsec reputation-profiles: known bad clients, scanners, score of client, reputation
appsec reputation-analysis: forward score to origin
appsec selectable-hostnames: domains that can still be protected
appsec selected-hostnames: protected domains, sites behind waf
appsec siem: event export to soc
appsec siem-definitions: siem connector versions
appsec url-protections: protect login page, overload, capacity, shed load
appsec version-notes: comment, remark on version
appsec security-policies: waf policy, protection set
appsec attack-groups: sql injection, xss, command injection, family of signatures
appsec condition-exception: exempt a parameter or path, false positive, whitelist path, ignore header
appsec rapid-rules: emergency signature, zero day, virtual patch, new threat rules
appsec api-request-constraints: malformed calls, schema enforcement of api requests
appsec cpc: magecart, pci, scripts in browser skimming
appsec ip-geo-firewall: country block, ip block, embargo, geofence
appsec mode: automatic or manual rule updates
appsec penalty-box: keep attacker out for minutes, temporary ban
appsec protections: switch on or off waf, rate controls, slow post, network layer controls
appsec recommendations: suggested exceptions, tuning advice, false positives
appsec threat-intel: adaptive intelligence, threat score
appsec upgrade-details: what changes with newer rule set
appsec slow-post: slowloris, slow upload attack, trickle
appsec eval: trial mode, test new rules without blocking
appsec eval-rules: trial rules, rules in test
appsec eval-groups: trial attack groups
appsec eval-hostnames: domains in trial
appsec protect-eval-hostnames: move trial domains into protection
appsec activations: push waf live, deploy firewall, rollout
appsec diff: what changed between revisions
appsec api-discovery: shadow apis, undocumented, found in traffic
appsec subscription: mail about recommendations
appsec cves: vulnerability, log4j, exploit, patch
appsec hostname-coverage: unprotected sites, gaps, which domains lack waf
appsec onboardings: guided set-up of a new site, quick start
appsec certificate-validation: prove domain for cert during set-up
appsec cname-to-akamai: switch dns to cdn during set-up
appsec origin-validation: backend dns entries check during set-up
cam access-keys: aws, gcs, google cloud, s3 secret, private bucket, credential for origin
cam property-lookups: which sites use a cloud secret
case-management cases: trouble ticket, open problem, incident with vendor
case-management attachments: screenshot, har capture, file to ticket
case-management comments: reply, answer, message on ticket
case-management request-case-closure: solved, done, finish ticket
case-management accounts-with-categories: topics tickets can be opened for
chinacdn property-hostnames: domain in mainland china
chinacdn provision-state-changes: switch-on, switch-off for mainland visitors, progress, rollout china
chinacdn current-provision-states: state of our domains in mainland
chinacdn icp-numbers: beian license, chinese permit
chinacdn icp-holding-entities: company that holds the chinese permit
chinacdn deprovision-policy: what happens when leaving china
client-access-control configurations: fixed egress addresses, static ips customers open, fewer ips for clients
client-access-control acknowledge: confirm new ranges
cloud-wrapper configurations: cache tier in front of bucket, shield origin, reduce egress fees, mid tier
cloud-wrapper capacity: reserved space, how much is unused
cloud-wrapper locations: where cache tier can be
cloud-wrapper multi-cdn: other cdn vendor
cloud-wrapper providers: other cdn vendors
cloudlets origins: backend, server pool, application balancer, datacenter split
cloudlets policies: redirect set, rules, waiting room, ab test, forward rewrite
cloudlets activations: push redirects live
cloudlets schemas: json format of rules, required format
cloudlets cloudlet-info: kinds of edge apps, types
cloudlets properties: sites that use a redirect set
config-dns zones: domain, hosted domain, nameservers
config-dns create-requests: many domains at once, mass, two hundred domains
config-dns delete-requests: drop domain, many domains at once
config-dns changelists: prepare edits, draft zone edits, publish together, staged
config-dns recordsets: entries, subdomains, dns data
config-dns keys: shared secret for transfers, tsig
config-dns key: shared secret protects zone transfers, tsig
config-dns aliases: zones that copy this zone
config-dns versions: older state, history of edits
config-dns zone-file: bind, text export import of domain
config-dns authorities: nameservers to enter at registrar
config-dns contract: billing agreement for zone
config-dns tsig-algorithms: hash for transfer secret
config-dns dns-sec-algorithms: signing algorithm
config-gtm domains: dns balancer, traffic director
config-gtm datacenters: balancing site, location, coordinates
config-gtm properties: load balanced name, failover name, weights, targets, health probe set-up
config-gtm geographic-maps: route by country, continent, region users to site
config-gtm cidr-maps: route by client network
config-gtm as-maps: route by internet provider, telecom, isp, carrier
config-gtm resources: capacity constraint, load object
config-gtm history: earlier changes to balancer
config-gtm status: has balancer change reached all nameservers
config-media-live cpcodes: billing number for live video
config-media-live origins: ingest, encoder target, backend of live channel
config-media-live streams: live channel, broadcast, event stream
config-media-live publishing-locations: where encoders push to
config-media-live vod-origin: storage for recordings
config-media-live generate-key: encryption key for stream
contract-api contracts: agreements with vendor, what we bought
contract-api products: bought products, modules
contract-api reportingGroups: bundles of billing codes
cprg cpcodes: billing code, traffic bucket, rename
cprg reporting-groups: bundle of billing codes for traffic reports
cprg watermark-limits: how many more may be made, maximum
cprg products: modules behind bundle
cps enrollments: certificate order, tls cert, cert request, sans, issuer
cps changes: pending renewal, what does certificate wait for, progress of issuing
cps input: csr, signed cert upload, domain proof, confirm warnings, approve
cps deployment-schedule: when will cert go live, planned time
cps deployments: cert currently served, live chain, valid until
cps dv-history: past domain proofs
cps history: earlier certs
crux device-history: what happened to laptop
crux device: laptop, phone
crux anti-malware-status: antivirus missing, virus scanner
crux browsers: browser versions of staff
crux device-biometric: fingerprint, face unlock
crux device-jailbroken: rooted phone, jailbreak
crux device-roll-ups: how active machines are, overview of machines
crux device-screen-lock: no screen lock, pin on phone
crux firewall-status: local firewall off
crux os: operating system versions of staff machines
crux system-disk-encryption: bitlocker, filevault, unencrypted disk
crux risk-assessment: device trust, posture rules, minimum version
crux certificate-profiles: client cert on laptop, issuer
crux anti-malware-profiles: required antivirus
crux chosen-versions: minimum browser or os
crux carbon-black: endpoint security vendor, edr, vmware
crux crowdstrike: endpoint security vendor, edr, falcon
crux tags: trust labels of devices
crux tiers: low medium high trust levels
crux adminevents-reports: what admins changed, audit of admins
crux agents: connector vm, appliance in datacenter, tunnel agent
crux app-metrics: traffic per app through agent
crux system-metrics: cpu memory of appliance
crux appbundle: set of apps
crux apps: internal app, wiki, intranet, jira, ssh or rdp server, published application
crux appidp: login provider of an app
crux appgroups: who may use app, groups assigned
crux services: access rules, who may enter
crux urllocation: path rewrite to other backend
crux deploy: make live, publish
crux application-reports: who used which app, access log
crux certificates: cert of intranet gateway, expiring cert, tls for app
crux directories: active directory, ldap, user store
crux users: people in directory, employees
crux groups: directory groups, departments
crux groupmembership: who is in group
crux idp: login provider, okta, azure, saml, sso
crux idpblockuser: lock out person, forbid sign on
crux createusers: many people import
crux reinviteusers: invitation again
crux sync: import directory changes now
datastore datastore: sensor message, stored device data, iot object
datastore archive: many objects upload
datastream-config-api streams: log delivery, access logs to s3 splunk, raw logs
datastream-config-api groups: where may log delivery be set up
datastream-config-api properties: sites whose logs can be sent
datastream-config-api datasets-fields: columns of log lines
datastream-config-api metrics: lost log files, delivery volume, failures
datastream-config-api activation-history: when was log delivery on or off
datastream-config-api history: who edited log delivery
datastream-config-api migration: old datastream version one
dcp-api namespaces: mqtt space, device broker
dcp-api configurations: mqtt broker settings, topics, authorization
eccu-api requests: path refresh, directory purge, extension purge
edge-data-stream retained: last value kept by broker, latest message
edge-data-stream topics: messages of subject
edge-diagnostics connectivity-problems: users cannot reach, slow site
edge-diagnostics content-problems: wrong or old content is shown
edge-diagnostics curl: fetch page from edge machine, response headers
edge-diagnostics dig: resolve name
edge-diagnostics edge-locations: cities to test from
edge-diagnostics error-translator: reference number, error page meaning
edge-diagnostics esi-debugger-api: page fragments assembled, edge side includes
edge-diagnostics estats: 4xx 5xx counts, top failing urls, error rate
edge-diagnostics grep: log line of one visitor, failed request, search logs
edge-diagnostics gtm-properties: dns balancer names
edge-diagnostics gtm-property-ips: machines behind dns balancer name
edge-diagnostics locate-ip: country and provider of address
edge-diagnostics metadata-tracer: why did edge choose, which rule fired, trace behaviors
edge-diagnostics mtr: route and packet loss
edge-diagnostics translated-url: cache key, arl, typecode
edge-diagnostics url-health-check: check page fully
edge-diagnostics user-diagnostic-data: ask visitor for details, link for customer
edge-diagnostics verify-edge-ip: is it an edge machine
edgekv namespaces: keyspace, table
edgekv items: value, key, entry, setting, flag
edgekv tokens: read credential for store, key for edge store
edgekv initialize: first time set-up of store
edgekv groups: partition of keys
edgeworkers ids: edge function, script, worker registration
edgeworkers versions: builds of script, uploaded code
edgeworkers activations: code push, deploy, rollout of script
edgeworkers deactivations: stop script, take code offline
edgeworkers revisions: combined dependencies
edgeworkers content: source code, bundle download
edgeworkers resource-tiers: cpu memory plan
edgeworkers reports: cpu time, failures, executions
edgeworkers limits: maximum size and number
edgeworkers secure-token: debug trace headers
edgeworkers properties: sites that call script
etp-config akamai-sinkholes: sinkhole appliance, on premises vm, registration
etp-config generate-activation-code: registration secret of appliance
etp-config client: protection agent on notebooks
etp-config devices: notebooks, laptops with agent
etp-config status: agent switched on, count
etp-config client-configuration: settings of agent on notebooks
etp-config client-versions: agent software releases
etp-config custom-error-page: block page design
etp-config deployments: publish filter changes
etp-config dictionaries: words for data loss, keyword lists
etp-config patterns: number formats for data loss
etp-config dns-vips: resolver addresses
etp-config global-settings: tenant wide options
etp-config honeypots: redirect blocked users to own server
etp-config lists: blocked domains, allowed domains, url category exception
etp-config items: domains on list
etp-config network-configuration: internal networks, on network detection
etp-config notifications-config: mails about threats
etp-config policies: web filter, what staff may open
etp-config proxy-credentials: proxy chaining login
etp-config recentChanges: edits not yet live
etp-config sites: office, branch, egress address
etp-config sub-locations: floor, guest wifi, part of office
etp-config tenants: customer of provider
etp-config vpn-credentials: ipsec tunnel secret
etp-config certificates: tls inspection, man in the middle ca
etp-config responses: what happens when a page is forbidden, block monitor error
etp-config securityCategories: malware phishing classes
etp-report access-logs: sign-ons of staff
etp-report aup-events: forbidden page visits, adult, gambling, social media use
etp-report deep-scan-reports: downloaded file analysis, sandbox verdict
etp-report dns-activities: looked up domains, queries
etp-report feedbacks: wrong classification, complaint about verdict
etp-report ioc: suspicious domain, indicator, reputation of domain, how often hit
etp-report network-traffic: connections of staff
etp-report proxy-traffic: web pages visited
etp-report schedules: mailed report, weekly pdf
etp-report sinkhole-events: infected machines calling home
etp-report threat-events: blocked malware, phishing hits, infected
etp-report threats: malware family background
event-viewer event-types: kinds of recorded activity
event-viewer events: who did what in portal, audit
events events: planned launch, live show, match, sale, campaign
events tags: labels on planned launches
firewall-rules-manager cidr-blocks: server prefixes, ip ranges
firewall-rules-manager subscriptions: notify network team on change of prefixes
firewall-rules-manager services: kinds of server prefixes
gtm-api demand: where users were sent, share
gtm-api domain-list: balancer domains
gtm-api ip-availability: which targets were up, uptime
gtm-api latency: response time of site
gtm-api liveness-tests: failed health probes
gtm-api load-feedback: reported load of site
gtm-api traffic: dns answers count
identity-management open-identities: api client identity old
identity-management api-clients: automation account, service account, script access
identity-management credentials: secret, client token, expiry, another year
identity-management account-switch-keys: customers we manage, act for others
identity-management contact-types: kinds of contact
identity-management countries: places for address
identity-management notification-products: products with mails
identity-management password-policy: password rules, length
identity-management supported-languages: portal language
identity-management timeout-policies: session length, automatic logout
identity-management timezones: clock setting of login
identity-management groups: folder, department, tenant tree
identity-management move: reorganise folders
identity-management affected-users: who loses access after reorganisation
identity-management allowlist: office range, where portal may be opened from, portal access by address
identity-management properties: which sites belong to folder, ownership of config
identity-management users: who can see site
identity-management blocked-properties: sites hidden from person
identity-management roles: permission set, job profile
identity-management grantable-roles: rights that i may hand out
identity-management ui-identities: person, colleague, login, portal account
identity-management auth-grants: rights of person
identity-management notifications: mails from portal, too many mails
identity-management user-profile: my own settings, myself
identity-management change-password: new password for me
identity-management additionalAuthentication: authenticator app, second step
identity-management allowed-apis: which apis may a person automate
imaging images: pictures, photo, derivative
imaging policies: picture recipe, quality, width, watermark
imaging policysets: picture optimisation bundle, region
imaging imagecollections: product spin, slideshow
imaging errors: broken pictures, failed optimisation
imaging logs: picture processing record
invoicing invoices: bill, what do we owe, credit note
invoicing notifications: bill mail, accounting address
invoicing download: pdf of bill
ip-protect mips: addresses behind ddos proxy, origin side
ip-protect vips: front addresses, public side
ip-protect policy-domains: shielded network, protected subnet
ip-protect configs: protection set-up, ports and protocols
ip-protect health-stats: backend up or down
jwt-api key-collections: public keys, device token check
jwt-api activations: make keys live
linode agreements: terms, privacy, eu model contract
linode betas: preview programme, early access
linode child-accounts: reseller customer, sub account
linode credit-card: payment card
linode entity-transfers: hand over server
linode service-transfers: hand over server to another customer
linode events: activity feed, what happened
linode invoices: cloud bill
linode logins: sign-ons
linode maintenance: planned downtime
linode oauth-clients: third-party apps cloud sign-in, integrations
linode payment-methods: card or paypal
linode payments: card transaction, paid money
linode promo-codes: voucher
linode transfer: data pushed out, egress, traffic pool
linode users: people on cloud account
linode grants: rights of person on cloud
linode engines: postgres or mysql releases offered
linode mysql: relational database as a service
linode postgresql: relational database as a service, postgres
linode backups: snapshot, dump, restore point
linode ssl: ca certificate, tls
linode domains: hosted dns domain
linode records: dns entry, subdomain, a txt mx cname
linode images: template, golden image, custom os
linode instances: server, vm, machine, web01, db1
linode configs: boot profile, kernel choice
linode interfaces: network card, vlan attachment
linode disks: drive, partition
linode firewalls: packet filter, open ports
linode devices: servers behind packet filter
linode rules: inbound outbound ports
linode history: older rules
linode ips: network address of server, listens
linode stats: load graphs
linode kernels: linux version to boot
linode stackscripts: provisioning script
linode types: sizes and price
linode clusters: kubernetes
linode nodes: worker, backend
linode pools: workers, node group
linode control_plane_acl: who reaches kubernetes api
linode kubeconfig: kubectl access
linode dashboard: web ui
linode versions: kubernetes releases
linode longview: server monitoring agent
linode contacts: on call person
linode credentials: saved login
linode issues: incident, outage
linode services: monitored url
linode ipv6: ipv6 prefix
linode vlans: layer two
linode nodebalancers: load balancer
linode buckets: s3
linode keys: s3 credential
linode object-list: files in bucket
linode object-acl: public file
linode object-url: share link
linode placement: spread servers, anti affinity
linode apps: authorised applications
linode phone-number: mobile for sms code
linode security-questions: recovery questions
linode sshkeys: public key
linode tokens: api credential, cli credential, pat
linode tfa-enable: authenticator
linode preferences: ui settings
linode regions: datacenter location
linode availability: in stock, sold out
linode tickets: help request
linode replies: answer to support
linode tags: labels on resources
linode volumes: extra disk, block storage
linode vpcs: private cloud network
linode subnets: address range of private cloud segment
live-archive archives: recorded channel
live-archive endpoints: stored segments
live-archive vod: on-demand clip, replay of match
media-delivery-reports data: numbers, statistics, traffic over time
media-delivery-reports data-stores: how long are statistics kept, granularity
media-delivery-reports dimensions: group by
media-delivery-reports metrics: what can be measured
media-delivery-reports realtime-data: right now figures
media-delivery-reports adaptive-media-delivery: video streaming
media-delivery-reports download-delivery: large files, software download
media-delivery-reports object-delivery: small files
media-reports http-ingest: live encoder, broadcast ingest
media-reports ep-switch: entry point failover
media-reports pmd: progressive download video
network-lists network-lists: blocked ranges, ip set, country set, office addresses
network-lists elements: one address
network-lists append: more addresses
network-lists environments: live state of list
network-lists notifications: tell me when list changes
ota download-notifications: cars, vehicles, firmware fetched
papi contracts: agreement
papi cpcodes: billing code
papi edgehostnames: cname target
papi groups: folders
papi products: modules, ion
papi includes: reusable config piece, shared rules, config fragment
papi parents: who uses shared rules
papi hostnames: domain, site address
papi certificate-challenges: prove domain, default cert
papi audit-history: who moved domain
papi properties: site config, delivery setup, cdn configuration
papi activations: publish, go live, rollout
papi hostname-activations: domain rollout in bucket
papi versions: revision, draft, older state
papi latest: newest draft
papi available-behaviors: features for rules
papi available-criteria: conditions for rules
papi rules: caching, origin, settings of site, behaviors
papi custom-behaviors: hand written advanced xml
papi custom-overrides: advanced override
papi bulk: mass, many sites at once, forty sites
papi property-version-creations: mass drafts
papi rules-patch-requests: same change to many sites, mass edit, set cache time on many sites
papi rules-search-requests: search all configs
papi search: find config of domain
papi build: engine release
papi client-settings: my defaults
papi rule-formats: schema freeze date
papi schemas: json schema
prolexic-analytics attack-report: single ddos incident, size and duration
prolexic-analytics attack-reports: ddos incidents
prolexic-analytics critical-events: severe ddos
prolexic-analytics events: ddos events
prolexic-analytics metric-types: what can be graphed
prolexic-analytics metrics: scrubbed traffic gbps, packets
prolexic-analytics time-series-data: graph of scrubbed traffic
reporting-api reports: report kinds, filters, metrics, dimensions
reporting-api report-data: hits, bytes, offload, top urls, status codes
sandbox-api sandboxes: dev playground, private test copy
sandbox-api properties: site in playground
sandbox-api rules: config of playground
sandbox-api edgeworkers: script in playground
sandbox-api rotateJWT: new playground token
script-management insights: third-party tags speed impact
script-management policies: deferred tags, blocked scripts
siem configs: blocked requests feed, attacks to soc
siteshield maps: origin cloak cidrs, firewall openings
sla-api agent-groups: probe locations, from where measured
sla-api test-quotas: how many measurements allowed
sla-api tests: availability measurement set-up
sla-api availability: uptime proof
sla-api performance: speed proof
storage cpcodes: storage billing
storage age-deletions: expire old files
storage rule-sets: upload and download behaviour of storage
storage site-snapshots: file inventory
storage storage-groups: origin storage, volume of files
storage upload-accounts: ftp ssh rsync login, who uploads
storage zones: geographic areas for files
taas revocation-lists: blocked passes, withdrawn playback tokens
taas identifiers: viewer pass, playback token, session
taas meta: how many passes blocked
taas properties: configs that check passes
test-management functions: helper functions in checks
test-management conditions: what checks can assert
test-management test-suites: set of checks
test-management test-cases: single check
test-management variables: placeholders in checks
test-management test-runs: run checks, same behaviour before and after
test-management test-requests: urls used in checks
`;
