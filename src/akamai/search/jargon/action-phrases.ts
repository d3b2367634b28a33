/**
 * The same as the resource phrases, for the ends of paths that name an action, a view or a detail of a resource rather
 * than the resource itself.
 */
export const ACTION_PHRASES = `
adaptive-acceleration properties: what was learned, preconnect and push figures of a site
adaptive-acceleration reset: start learning again, forget what was learned
alerts activities: when it rang, ringing over time
alerts active: ringing right now, open alarms
alerts alertcount: number of alarms
alerts details: one alarm in full
alerts alert-definition: json shape of an alarm rule
alerts alert-details: json shape of an alarm in full
alerts alert-template: json shape of a kind of alarm
alerts alert-template-header: json shape of a short summary of a kind of alarm
alerts access-control-data: who may see alarms, what i may watch
amfa assign-groups: put people into groups
amfa assign-policies: rules for sign-in of people
amfa assign-hardware-token: hand out key fob
amfa disable: turn off phone or token
amfa enable: turn on phone or token again
api-definitions hostsAcgs: domains by access group
api-definitions cloneEndpoint: copy of an api under a new name
api-definitions files: create from raml or swagger, import description
api-definitions file: update from raml or swagger, import description
api-definitions user-entitlements: what i may do with apis
api-definitions verify-secure-connection: test tls to backend
api-definitions hide: archive, out of sight, keep but do not list
api-definitions show: bring back into list, unarchive
api-definitions activate: put api live on staging or production
api-definitions deactivate: take api offline
api-definitions cloneVersion: new draft of api from an old one
api-definitions resources-detail: methods and operations of an api in full
api-definitions parameters: query and body fields of an operation
apikey-manager-api generate: make keys in bulk, let the system invent keys
apikey-manager-api import: bring own keys from a file
apikey-manager-api move: other collection for keys
apikey-manager-api quota-reset: give a consumer a fresh allowance
apikey-manager-api restore: bring back withdrawn keys
apikey-manager-api revoke: withdraw keys, take away access of consumer
apikey-manager-api report-data: usage figures, statistics, how much consumers call
apikey-manager-api endpoints: apis under key control
appsec overlapping: domain protected twice, conflict with other config
appsec content-types: kinds of bodies of an api
appsec sequence: order of policies, which policy wins
appsec evaluation: test rules beside live ones
appsec action: deny alert or none, monitor or block
appsec api-endpoints: apis covered by waf
appsec conditions: when it applies
appsec lock: keep as is, do not update automatically
appsec eval-penalty-box: try time-out for attackers
appsec contracts-groups: where a new waf config may be made
appsec subscribe: get mails about threats
appsec unsubscribe: no more mails about threats
appsec subscribed: am i getting mails about threats
appsec security-coverage: what is not protected, gaps, unprotected domains
appsec validate: check before activation
appsec skip: leave out inspection for some
appsec endpoints: paths seen in traffic, shadow api, undocumented api
cam access-key-create-requests: is the new cloud key ready
cam access-key-version-create-requests: is the rotated key ready
cam versions: rotation of cloud key, second secret
cam properties: sites that sign with this cloud key
cam property-lookup-id: search for sites that use a cloud key
case-management status: close or reopen
case-management categories: kinds of ticket
chinacdn current: where rollout stands now
cloud-wrapper activate: put in force
cloud-wrapper auth-keys: signing secret for other cdn
cloud-wrapper origin-hostnames: servers behind midgress
cloud-wrapper properties: sites that may use the reserved cache
cloudlets group-info: folders with redirects
cloudlets currentActivations: which version is live now
cloudlets clone: copy of a policy
cloudlets rules: single redirect, one rule of a set
config-dns search: look up by name, filter
config-dns diff: pending edits against live zone
config-dns names: all names in a zone
config-dns types: kinds of record at a name
config-dns add-change: queue one edit
config-dns submit: commit queued edits, apply all together
config-dns contracts: where zones may be created
config-dns edgehostnames: akamai cname targets, alias at apex
config-dns groups: folders where zones may be created
config-dns recordset-types: kinds of record that can exist
config-dns bulk-update: replace records of many zones
config-dns used-by: zones with the same secret key
config-dns result: what came out of mass job
config-dns dns-sec-status: is signing in order, ds record
config-dns zone-transfer-status: did secondaries fetch, last refresh from master
config-gtm default-datacenter-for-maps: catch-all location for maps
config-gtm current: did it spread everywhere, propagation
config-gtm identity: who am i, my rights
config-media-live cdns: other networks allowed to fetch
contract-api identifiers: ids only
contract-api summaries: bought products by name
cps info: what is asked of me in this step, what is needed
cps update: hand in, upload, confirm a step
cps production: live certificate
cps staging: certificate on test network
cps certificates: installed chain
crux available-browsers: browser releases known
crux available-client-ver: agent releases known
crux available-os-ver: operating system releases known
crux ca-ocsp: revocation check of issuer
crux ca: issuer of device certificates, trust anchor
crux ocsp: revocation check server
crux test: try before saving, dry run, who would fail
crux os-names: operating systems known
crux signal-names: facts about a machine that can be checked
crux client_version: release of agent
crux approve: let connector in, confirm appliance
crux upgrade-os-pkgs: patch appliance
crux appcategories: headings in portal of apps
crux appdirectories: user stores allowed for app
crux edgekey: shared secret of edge and connector
crux g2o: signed request to backend
crux versions: earlier state, history
crux upload: bring own file
crux verify: check that dns or cname is right
crux deleteusers: remove many people
crux autocomplete: name suggestions
crux directories_membership: which user stores a person is in
crux metadata: saml description file
crux block: keep person out
crux unblock: let person in again
crux idpdirectory: user store behind login provider
crux reset: unlock, new second step
crux rules: single access rule of an app
crux reports: export as file
datastore upload: put file for devices
datastream-config-api activate: start sending logs
datastream-config-api deactivate: pause sending logs, stop logs
dcp-api active: which configuration is live
eccu-api permissions: may i purge by rules
eccu-api properties: sites that can be purged by rules
edge-diagnostics requests: result of a diagnosis
edge-diagnostics debug: full analysis of an error or url
edge-diagnostics hostnames: domains that can be diagnosed
edge-diagnostics locations: cities and networks to test from
edge-diagnostics groups: link for users with problem, collect data from visitors
edge-diagnostics records: data that visitors sent
edge-diagnostics verify-locate-ip: is address akamai and where
edgekv database: first start of key value store, initialise
edgeworkers rollback: previous code back
edgeworkers clone: other resource limits for a function
edgeworkers resource-tier: limits of one function, cpu and memory plan
edgeworkers bom: dependencies, software inventory
edgeworkers compare: differences of revisions
edgeworkers pin: hold on to a revision, no automatic update
edgeworkers unpin: follow newest revision again
edgeworkers validations: check a code archive, lint
etp-config akamai-lists: lists kept by akamai, top domains
etp-config onboard: start with the product
etp-config acknowledgment: terms accepted
etp-config latest-version: newest agent
etp-config sc-latest-versions: newest appliance software
etp-config change-local-password: console login of appliance, admin of appliance
etp-config upgrade: newer software for appliance
etp-config policy-assignment: which filter applies where
etp-config clear-dns-cache: flush resolver
etp-config rotate-entitlement-code: new enrolment code for agents
etp-config download: get installer
etp-config de-activate: switch off
etp-config re-activate: switch on again
etp-config firstTimeWizard: first set-up steps
etp-config quota: how many may be created, limits
etp-config onboard-tenant: new customer of a service provider
etp-config regexes: patterns for leaked numbers, card numbers
etp-config policy-metadata: facts about filters
etp-config sites-meta-info: summary of offices
etp-config assign-policy: set filter of an office
etp-config users: people with agent
etp-config confirm-distribution: rolled out to machines, certificate trusted by machines
etp-config confirm-download: certificate fetched
etp-report details: single hits, each occurrence
etp-report aggregate: totals, how many, count by
etp-report time-series: over time, trend, per hour
etp-report threat-meta: names of threats
etp-report changes: when reputation changed
etp-report aup: category of forbidden pages for domain
etp-report avc: application class of domain
etp-report cidr: reputation of address range
etp-report domain-tree: related domains, subdomains
etp-report information: whois of domain
gtm-api properties: dns traffic by name
gtm-api datacenters: dns traffic by location, queries sent to a site
gtm-api error-code-descriptions: meaning of probe errors
identity-management deactivate: switch off credential, cut off at once
identity-management self: the client i am calling with, my own token
identity-management states: provinces for address
identity-management disable: no longer enforced
identity-management enable: enforce from now on
identity-management lock: bar from access, suspend
identity-management unlock: let back in
identity-management reset-password: mail a new password
identity-management set-password: choose password for person
identity-management tfa: second step of person
identity-management resources: what a person can be given
identity-management block: hide site from people, keep people off a site
identity-management basic-info: name address phone of person
identity-management allowed-cpcodes: which traffic codes a client may purge
identity-management group-access: folders that a client reaches
imaging history: earlier states of picture rules
imaging rollback: earlier picture rules back
ip-protect allocate: reserve protected addresses
jwt-api versions: rotation of public key
linode cancel: end subscription, stop paying
linode accept: take over what was handed
linode read: mark as noticed
linode seen: mark as noticed
linode reset-secret: new client secret
linode make-default: pay with this first
linode execute: pay now
linode managed-enable: let them manage my servers
linode restore: bring back from backup, roll data back
linode reset: new credential
linode patch: security updates, newer minor release
linode import: bring zone from other server
linode clone: copy of machine or disk
linode zone-file: rendered bind text
linode upload: own disk image file
linode boot: power on
linode order: activate service
linode resize: more memory, larger plan
linode migrate: other datacenter
linode mutate: free upgrade to newer plan
linode reboot: restart
linode rebuild: install afresh, wipe
linode rescue: recovery system
linode shutdown: power off
linode recycle: replace workers with fresh ones
linode regenerate: new kubeconfig or token
linode servicetoken: tokens of cluster
linode clients: monitored machines
linode plan: paid tier of monitoring
linode subscriptions: paid tiers of monitoring
linode linode-settings: ssh access for managed service
linode prices: what it costs by region
linode assign: move addresses between machines, add to group
linode unassign: take out of group
linode share: use one address on several machines, failover address
linode ranges: ipv6 block
linode access: allow listed addresses
linode profile: who am i, my settings
linode tfa-disable: no more second step
linode attach: plug disk in
linode detach: unplug disk
linode attachments: files of a ticket
linode close: ticket done
media-delivery-reports realtime: live figures
media-reports data: viewers, plays, figures
network-lists activations: when list went live
network-lists details: where list is live
network-lists activate: put list in force
network-lists status: is list in force yet
network-lists history: earlier activations of list
network-lists subscribe: mail me on change of list
network-lists unsubscribe: no more mails on change of list
papi mapping-use-cases: traffic kinds for edge hostname
papi find-by-value: search by name hostname or file
papi rules-search-requests-synch: find sites with a behavior or setting, search all rules
papi diff: hostnames changed between versions
papi request: which rule versions
prolexic-analytics end: attacks over by
sandbox-api clone: copy of dev environment
siteshield acknowledge: firewall is updated, ranges are open
storage unused: free zone names
storage used: taken zone names
storage schedule-now: take a listing at once
taas add: put in
taas remove: take out
test-management try-it: run once without saving, quick check
test-management template: example of a condition
test-management auto-generate: make tests from property
test-management with-child-objects: with all cases inside, whole suite at once
test-management restore: undelete
test-management order: which test first
test-management remove: delete several at once
`;
