/**
 * What people call each API's subject when they do not know its name: products, old names, neighbours' words.
 * Weighed once per API, so a word here lifts every operation of that API alike.
 */
export const API_WORDS: Readonly<Record<string, string>> = {
  'adaptive-acceleration': 'adaptive acceleration a2 server push preconnect early hints ion performance learning speed',
  alerts: 'alert alarm alarms notification notify monitor monitoring threshold warning ringing email pager incident',
  amfa: 'mfa second factor otp authenticator phish proof push token yubikey hardware bypass enrollment employee device workforce',
  'api-definitions':
    'api gateway endpoint rest graphql resource openapi raml definition register cors jwt gzip pii privacy sensitive base path',
  'apikey-manager-api':
    'api key quota consumer partner throttle throttling counter collection developer portal limit gateway',
  appsec:
    'waf firewall kona ksd aap protector security policy attack rule rate limit bot ddos slow post reputation custom deny penalty box sql injection xss threat cve match target protect block geo country evaluation exception false positive api discovery',
  cam: 'cloud access manager aws gcp s3 key signature origin authentication credential bucket interoperability secret',
  'case-management': 'support ticket case akamai support help technical problem escalate complaint',
  ccu: 'purge flush cache clear invalidate refresh stale outdated evict fast purge expire content edge cached remove old',
  chinacdn: 'china cdn mainland icp beijing chinese beian license',
  'client-access-control': 'client access control cac cidr block origin address change proposed acknowledge ip allow',
  'cloud-wrapper': 'cloudwrapper origin offload cache layer footprint multi cdn capacity egress reserved mid tier',
  cloudlets:
    'cloudlet redirect redirector edge redirector forward rewrite application loadbalancer alb visitor prioritization waiting room audience segmentation phased release request control input validation virtual shared policy conditional origin ab test canary',
  'config-dns':
    'dns zone record recordset nameserver authoritative edge dns bind primary secondary soa ns mx txt cname a aaaa srv caa dnssec tsig axfr transfer registrar delegation ttl domain zone file resolve',
  'config-gtm':
    'gtm global traffic management loadbalancer dns failover weighted geo datacenter datacentre liveness property domain map cidr as performance round robin traffic target server steer',
  'config-media-live':
    'media live stream msl encoder ingest publish broadcast origin video streaming entrypoint hls dash',
  'contract-api': 'contract product entitlement subscription reporting group purchased bought licensed',
  cprg: 'cpcode reporting group billing traffic report bucket time zone water mark purgeable category',
  cps: 'certificate tls ssl cert enrollment https san csr third party dv ov ev domain validation let encrypt renew renewal expire expiry private key chain trust cipher deployment common name',
  crux: 'eaa enterprise application access zero trust vpn internal app connector identity provider idp directory user group device posture risk certificate saml agent private remote work login bookmark',
  datastore: 'iot edge connect message store object key store upload bulk mqtt device',
  'datastream-config-api':
    'datastream log logs stream push delivery s3 splunk datadog elastic sumo azure bigquery gcs access raw destination near real time',
  'dcp-api': 'iot edge connect mqtt namespace jurisdiction broker topic acl configuration device',
  'eccu-api':
    'eccu enhanced content control utility revalidate directory extension metadata recursive invalidate path folder file type',
  'edge-data-stream': 'iot message stream buffer retained topic mqtt subscribe',
  'edge-diagnostics':
    'diagnose diagnostic debug troubleshoot error reference code edge server ghost curl dig mtr traceroute ping grep log arl translate ip locate geolocation verify estats statistics health check connectivity problem slow unreachable latency metadata trace esi end user ray',
  edgekv: 'key value database store kv edge item namespace group token serverless data persistent',
  edgeworkers:
    'edge function javascript js serverless code worker script bundle tgz compute lambda deploy version activate debug cpu memory limit tier sub flexible',
  'etp-config':
    'secure internet access sia etp threat protector gateway dns filter malware phishing blocklist allowlist site location policy sinkhole proxy roaming client dlp data loss web filter connector branch office acceptable tenant',
  'etp-report':
    'secure internet access sia etp threat report event dns activity proxy traffic malware ioc indicator compromise aup acceptable use investigation sinkhole',
  'event-viewer': 'event viewer audit trail log who changed what user action history control center compliance',
  events: 'event center big event launch sale planned live traffic peak tag broadcast match calendar',
  'firewall-rules-manager':
    'firewall rule notification cidr block akamai server ip range address allowlist origin subscribe service network prefix egress',
  'gtm-api':
    'gtm traffic management report reporting liveness latency demand availability datacenter load feedback decision dns statistics history',
  'gtm-load-data': 'gtm load feedback data resource current utilisation submit target capacity',
  'identity-management':
    'iam user login role group permission access grant admin account control center password lock unlock mfa api client credential token secret allowlist ip profile timezone notification blocked switch key colleague employee team sso invite',
  imaging:
    'image video manager imaging picture photo optimise optimize resize thumbnail quality transformation webp avif format policy set ivm width',
  invoicing: 'invoice bill billing charge cost money pay payment credit memo finance accounting owe amount price pdf',
  'ip-protect': 'ip protect prolexic mapped virtual vip mip subnet allocate policy domain ddos health backend',
  'jwt-api': 'iot jwt json web token public key collection authentication verify device',
  linode:
    'linode cloud compute vm virtual machine instance server gpu plan region kubernetes lke k8s cluster node pool volume block object storage bucket s3 nodebalancer loadbalancer vpc vlan firewall domain image backup snapshot stackscript database mysql postgresql ssh account payment invoice ticket longview managed placement token profile',
  'live-archive': 'live archive stream vod recording recorded video purge object msl',
  'media-delivery-reports':
    'media delivery report adaptive download object http file wholesale traffic hits bytes statistics dimension metric historical real time amd usage bandwidth',
  'media-reports':
    'media services live report ingest broadcast stream statistics progressive delivery entry point switch origin shield',
  'netstorage-usage-api': 'netstorage usage file upload directory event subscription storage ftp folder',
  'network-lists':
    'network list ip address geo country blocklist allowlist ban block allow cidr element append syncpoint',
  ota: 'iot over the air update ota firmware download campaign device notification vehicle',
  papi: 'property delivery configuration config site website rule tree behavior criteria caching ttl hostname edge hostname include cdn product group contract version activation staging production property manager domain serve origin metadata ion dsa advanced',
  'prolexic-analytics': 'prolexic ddos attack scrubbing mitigation volumetric flood critical event metric routed',
  'reporting-api':
    'report reporting traffic hits bytes offload bandwidth requests visitor url response error metric dimension statistics analytics usage volume',
  'sandbox-api': 'sandbox local development developer test isolated environment try safe playground client jwt',
  'script-management': 'script management third party javascript script insight performance block defer browser tag',
  siem: 'siem security event log attack splunk qradar arcsight feed pull export fetch soc correlation',
  siteshield: 'siteshield map origin firewall ip address cidr acknowledge whitelist parent cloak allow',
  'sla-api': 'sla service level agreement availability performance test agent guarantee uptime promised measure',
  storage:
    'netstorage storage group upload account ftp ssh rsync rule set snapshot file content origin age deletion zone retention automatic purge',
  taas: 'access revocation revoke token stream piracy sharing viewer session media list kill unrevoke',
  'test-management':
    'test center functional test suite case run variable condition regression automate verify behave comparative',
};
