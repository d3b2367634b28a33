/** Words that people use for single operations of security, access and administration. */
export const SECURITY_PHRASES = `
appsec get-configs: firewall configs, waf configs
appsec post-config: new waf config for sites
appsec get-config: waf config details, which version is live
appsec post-activations: push waf changes live, deploy firewall policy to production or staging
appsec get-activation: is waf deployment done
appsec get-activation-history: when was firewall changed in production
appsec post-config-versions: editable copy of waf config
appsec get-config-versions: revisions of firewall config
appsec post-config-versions-diff: what changed between two revisions of the firewall config
appsec get-export-config-version: dump whole waf config as json, backup
appsec get-selectable-hostnames: sites not yet protected, can be added
appsec put-selected-hostnames: protect another site, add hostname to waf
appsec get-selected-hostnames: sites protected by waf config
appsec get-hostname-coverage: which sites are protected and which not, waf gaps
appsec post-config-custom-rules: own waf signature, block a header or user agent or path
appsec put-custom-rule: turn custom rule on, action deny alert
appsec get-policies: waf policies
appsec post-policy: new waf policy
appsec put-policy-protections: enable waf, rate controls, bot, reputation, turn protections on or off
appsec get-policy-protections: which protections are on
appsec put-policy-mode: automatic rule updates, ase auto manual
appsec put-rule: stop blocking on signature only alert, change action of one waf rule
appsec put-attack-group: sql injection xss group action deny or alert, stop blocking a kind of attack
appsec put-rule-condition-exception: false positive exception for a parameter or path
appsec put-attack-group-condition-exception: false positive exception for group
appsec get-recommendations: false positives to tune, tuning advice
appsec post-recommendations: accept or decline tuning advice
appsec put-policy-rules: upgrade rule set to newest
appsec get-rules-upgrade-details: what would a rule set upgrade change
appsec put-rules-threat-intel: adaptive intelligence on
appsec put-policy-penalty-box: keep attackers blocked for minutes, penalty action
appsec put-policy-ip-geo-firewall: block country, block visitors, ban ip addresses, geo blocking, embargo
appsec get-policy-ip-geo-firewall: which countries or ips are blocked
appsec put-policy-slow-post: slowloris protection, slow clients
appsec post-rate-policies: throttle clients sending too many requests, limit login attempts, brute force
appsec put-rate-policy: change request threshold
appsec put-rate-policy-action: deny or alert when threshold exceeded
appsec get-reputation-profiles: bad client scores
appsec put-reputation-profile-action: action for bad reputation clients
appsec post-reputation-profiles: score threshold for scanners web attackers
appsec post-match-targets: which hostnames and paths a policy covers
appsec put-match-targets-sequence: order of targets
appsec post-custom-deny: own block page, custom error for denied request
appsec put-siem: send events to siem on
appsec put-bypass-network-lists: trusted addresses skip waf
appsec put-advanced-settings-logging: which headers are logged
appsec put-advanced-settings-request-body: inspect bigger bodies, size limit inspection
appsec put-advanced-settings-pragma-header: strip debug headers from clients
appsec put-evasive-path-match-per-config: path tricks encoded
appsec post-policy-eval: try new rules in evaluation mode
appsec get-api-list: shadow apis, undocumented apis found in traffic
appsec post-api-endpoint-resource: register discovered api
appsec get-cves: known vulnerabilities we are covered for
appsec get-cve: details of a vulnerability
appsec get-security-coverage: are we safe from vulnerability cve log4j
appsec post-subscribe: mail me on new vulnerability
appsec put-policy-cpc: magecart in browser script protection
appsec post-malware-policies: scan uploads
appsec put-api-request-constraints: refuse malformed api calls
appsec post-url-protection-policies: protect login page from overload, shed load
appsec put-version-notes: comment on a version
appsec post-onboarding: quickly protect a new site, guided set up
network-lists get-network-lists: ip and geo lists, blocklists
network-lists post-network-lists: new blocklist of addresses or countries
network-lists get-network-list: which addresses are on the list
network-lists put-network-list: replace all entries of list
network-lists post-network-list-append: ban addresses, add several ips to blocklist
network-lists put-network-list-elements: ban one address, add one ip
network-lists delete-network-list-elements: take address off list, unban ip
network-lists delete-network-list: throw list away
network-lists post-network-list-activate: make blocklist live, push list
network-lists get-network-list-status: has blocklist gone live, pending
network-lists get-network-list-history: list as it was before
network-lists post-notifications-subscribe: mail me when list changes
siem get-config: pull attack log into splunk qradar, security events feed, blocked requests log
siteshield get-maps: addresses origin firewall must let in
siteshield get-map: addresses origin firewall must let in, current and proposed cidrs
siteshield post-map-acknowledge: confirm we opened the new addresses
firewall-rules-manager get-cidr-blocks: ip ranges of akamai servers to allow, whitelist
firewall-rules-manager get-services: kinds of akamai servers with ip ranges
firewall-rules-manager put-subscriptions: mail me when akamai ip ranges change
client-access-control get-configurations: client facing static ip sets
client-access-control put-configuration-acknowledge-version: confirm new cidrs client side
prolexic-analytics get-attack-reports-contract-contract-start-start-end-end: ddos attacks last week
prolexic-analytics get-attack-report-contract-contract-attack-id-attackid: details of one ddos attack
prolexic-analytics get-critical-events-contract-contract: serious ddos events
prolexic-analytics post-metrics: scrubbing traffic numbers
ip-protect get-policy-domains: protected ip domains
ip-protect post-policy-domains-vips: protected front addresses
ip-protect put-policy-domains-pdname-pd-subnets-allocate: more protected addresses
cam get-access-keys: aws gcs credentials for origin
cam post-access-key: store aws credentials for private bucket origin
cam post-access-key-version: rotate aws keys that sign origin requests, new secret
cam get-access-key-version-properties: which sites use this aws key
cam delete-access-key-version: retire old aws key
taas post-revocation-list-ids: kill viewer session, shared streaming link, block playback token
taas post-unrevoke-revocation-list-ids: let viewer play again
taas post-revocation-list: new list of blocked playback tokens
sla-api get-availability-reports: did we meet availability promised, uptime guarantee
sla-api get-performance-reports: faster than origin, speed guarantee
sla-api post-test-config: measure service level
identity-management get-ui-identities: who has a login, people with access, colleagues
identity-management post-ui-identity: new colleague needs access, invite person, add login
identity-management delete-ui-identity: employee left, remove login, offboard
identity-management put-ui-uiidentity-auth-grants: give admin access, role on group, change rights of a person
identity-management put-ui-identity-basic-info: change phone, name or e-mail of a person
identity-management post-ui-identity-unlock: colleague cannot sign in, too many wrong attempts
identity-management post-ui-identity-lock: block colleague from logging in, suspend
identity-management post-reset-password: colleague forgot password
identity-management post-set-password: choose password for colleague
identity-management put-ui-identity-additional-authentication: force mfa on a person
identity-management put-ui-identity-reset-additional-authentication: colleague lost phone authenticator
identity-management put-ui-identity-tfa: force second factor on a person
identity-management get-property-users: who can edit this site
identity-management put-property-users-block: stop people from editing this site
identity-management get-groups: group tree, departments
identity-management post-group: new subgroup department
identity-management post-groups-move: move group under another
identity-management put-property: move site config to another group
identity-management get-roles: kinds of permissions
identity-management post-role: new kind of permission set
identity-management get-api-clients: machine users, service accounts, api users
identity-management post-api-clients: new service account for automation
identity-management get-api-client-self: who am i, what may my key do, whoami
identity-management get-api-clients-self: who am i, what may my key do, whoami
identity-management get-self-credentials: when does my api secret expire
identity-management post-self-credentials: rotate my api secret, new client token
identity-management delete-self-credential: remove old api secret
identity-management put-self-credential: extend expiry of my secret
identity-management post-self-credential-deactivate: disable leaked secret
identity-management get-self-account-switch-keys: which customer accounts can i act for
identity-management get-client-account-switch-keys: which accounts can a client act for
identity-management post-allowlist: only allow control center login from our office addresses
identity-management post-allowlist-enable: restrict login by address on
identity-management post-profile-change-password: new password for myself
identity-management get-user-profile: my own details
crux get-apps: internal apps behind zero trust
crux post-app: publish internal app
crux post-app-deploy: make internal app change live
crux delete-app: withdraw internal app
crux get-connectors: agents in our datacenter
crux post-connector: new agent for datacenter
crux post-connector-approve: approve newly installed agent
crux get-connector-system-metrics: cpu and memory of agent vm
crux get-application-reports: who opened internal app, access log of apps
crux get-adminevents-reports: what did zero trust admins change
crux post-user-block-idp-access: lock someone out of zero trust
crux post-user-unblock-idp-access: let someone back into zero trust
crux post-tenant-mfa-reset: user lost second factor
crux get-device-posture-inventory: laptops and phones with client
crux get-device-jailbroken: rooted phones
crux get-disk-encryption: laptops without encrypted disk
crux get-firewall-status: laptops with firewall off
crux get-anti-malware-status: laptops without antivirus
crux post-directory: connect active directory ldap
crux post-sync: sync ad users now
crux post-idp: connect okta azure ad saml
crux post-certificate: add tls cert for internal app
crux get-certificates: certs for internal apps, expiry
crux post-users: add many people at once
crux post-users-delete: remove many people at once
crux put-access-control-rule: who may open an internal app
crux post-access-control-rule: who may open an internal app
etp-config get-policies: web filter policies
etp-config post-policy: new web filter policy
etp-config get-lists: own domain lists, allow and block
etp-config post-list: new domain blocklist
etp-config patch-config-list: block a domain, add phishing domain to list, unblock a site
etp-config put-config-lists-items: block domains, replace entries
etp-config get-config-lists-items: is domain on the list
etp-config post-dns-cache: flush resolver cache
etp-config post-sites: protect a branch office, add location
etp-config post-site-sublocation: part of an office network
etp-config post-deployment: publish web filter changes
etp-config get-config-recent-changes: what is not deployed yet
etp-config get-client-devices: laptops with roaming client
etp-config put-custom-error-page: block page users see
etp-config post-dictionary: data loss words, credit card numbers
etp-config post-security-connector: sinkhole vm
etp-config post-onboard-tenant: add customer of msp
etp-config post-vpn-credentials: ipsec ike tunnel credentials
etp-config post-customers-certificate: mitm tls inspection certificate
etp-config get-dns-vips: resolver addresses to configure
etp-report get-threat-events: how many threats blocked
etp-report post-threat-event-details: which machines were infected, malware hits
etp-report post-dns-activities-details: what domains were looked up
etp-report get-ioc-information: is this domain malicious
etp-report get-ioc-details: why is domain classed as malicious
etp-report post-feedback-details: report wrong classification, tell akamai of a threat
etp-report post-traffic-transaction-details: which web pages were visited through proxy
etp-report get-aup-events: gambling adult policy violations totals
amfa get-users: people registered for mfa
amfa post-send-enrollment-email: invite person to register phone
amfa post-bypass-code: emergency code, lost phone
amfa post-assign-hardware-token: hand yubikey to employee
amfa post-disable-user-device: lost phone stop pushes
amfa get-user-devices: phones of a person
api-definitions get-endpoints: apis registered at gateway
api-definitions post-endpoints: register a rest api
api-definitions post-endpoints-file: import swagger openapi raml file
api-definitions post-endpoint-version-file: update api from swagger file
api-definitions post-endpoint-version-activate: make api definition live
api-definitions put-cors-settings: allow cross origin browser calls
api-definitions put-cache-settings: cache api answers
api-definitions put-jwt-settings: check tokens at gateway
api-definitions get-endpoint-version-piis: fields with personal data
api-definitions put-api-privacy-settings: make api public or private
api-definitions post-endpoint-hide: archive an old api
apikey-manager-api post-keys: give partner an api key
apikey-manager-api post-keys-generate: many random keys
apikey-manager-api post-keys-revoke: partner key leaked, block a key
apikey-manager-api post-keys-restore: allow key again
apikey-manager-api post-keys-quota-reset: partner hit call limit, set back to zero
apikey-manager-api put-collection-quota: calls per day allowed
apikey-manager-api put-collection-acl: which apis may a partner use
apikey-manager-api post-counter: limit requests per second
apikey-manager-api post-report: api usage per key
jwt-api post-key-collection: public keys for device tokens
dcp-api post-namespaces: new mqtt space
dcp-api put-configuration-version: make mqtt broker settings live
datastore get-datastore-key: read device message object
ota get-download-notifications: which vehicles downloaded update
edge-data-stream get-topic: messages of mqtt topic
`;
