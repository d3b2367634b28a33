/** Words that people use for single operations of Akamai Cloud (Linode). */
export const CLOUD_PHRASES = `
linode get-linode-instances: our servers, virtual machines, vms running
linode post-linode-instance: spin up machine, new server, launch vm, gpu instance, deploy image
linode get-linode-instance: server status, ip addresses and specs of vm
linode put-linode-instance: rename server, alerts, watchdog, tags
linode delete-linode-instance: destroy vm, get rid of server
linode post-boot-linode-instance: turn vm on, start server
linode post-shutdown-linode-instance: turn vm off, power down server, stop machine
linode post-reboot-linode-instance: restart server, power cycle
linode post-resize-linode-instance: more memory cpu, bigger plan, upgrade size of vm, downsize
linode post-rebuild-linode-instance: reinstall operating system, start from scratch, fresh image
linode post-rescue-linode-instance: server does not boot, recovery finnix
linode post-migrate-linode-instance: move server to another region
linode post-mutate-linode-instance: free upgrade of old plan generation
linode post-clone-linode-instance: copy server
linode post-reset-linode-password: forgot root password of box
linode post-reset-disk-password: forgot root password disk
linode get-linode-types: prices of plans, how much does a gpu server cost, sizes, vcpu memory
linode get-linode-type: price of one plan
linode get-regions: where can i deploy, locations with gpu
linode get-regions-availability: where are gpus or plans in stock, sold out
linode get-region-availability: which plans in stock in a region
linode get-linode-stats: cpu network disk graphs of server
linode get-linode-transfer: traffic of a server this month
linode get-transfer: egress left, network quota pool, bandwidth used
linode post-snapshot: take backup of server now, manual snapshot
linode post-enable-backups: automatic backups on
linode post-cancel-backups: automatic backups off
linode post-restore-backup: bring server back from backup
linode get-backups: backups of server
linode post-add-linode-disk: partition, new disk on server
linode post-resize-disk: grow disk
linode post-volume: extra storage, new disk volume
linode post-attach-volume: plug disk into another machine, mount storage
linode post-detach-volume: unplug disk
linode post-resize-volume: more space on storage
linode get-linode-ips: addresses of a server
linode post-add-linode-ip: extra ipv4
linode put-linode-ip: reverse dns rdns ptr
linode put-ip: reverse dns rdns ptr
linode post-share-ips: failover address
linode post-assign-ips: move addresses between servers
linode get-lke-clusters: k8s clusters
linode post-lke-cluster: new k8s cluster
linode get-lke-cluster-kubeconfig: kubectl credentials, connect to cluster
linode delete-lke-cluster-kubeconfig: kubectl credentials leaked, regenerate
linode put-lke-node-pool: scale workers, autoscaler min max, number of nodes
linode post-lke-cluster-pools: add gpu nodes, more worker types
linode delete-lke-node-pool: remove workers
linode post-lke-cluster-recycle: replace all nodes, rolling upgrade
linode post-lke-cluster-node-recycle: replace a broken node
linode put-lke-cluster: upgrade k8s version, high availability control plane
linode get-lke-versions: supported k8s versions
linode put-lke-cluster-acl: who may reach k8s api, limit ips
linode get-lke-cluster-dashboard: web ui of cluster
linode post-node-balancer: set up load balancer in cloud
linode post-node-balancer-config: port and protocol of load balancer, tls termination, health check
linode post-node-balancer-node: add backend to load balancer
linode put-node-balancer-node: drain backend, weight
linode delete-node-balancer-config-node: take backend out
linode post-firewalls: cloud firewall, open ports
linode put-firewall-rules: open port, allow ssh, inbound outbound rules
linode post-firewall-device: protect server by firewall
linode get-firewall-rule-versions: earlier firewall rules
linode post-vpc: private network
linode post-vpc-subnet: private network range
linode get-vlans: layer 2 networks
linode get-object-storage-buckets: s3 buckets
linode post-object-storage-bucket: new s3 bucket
linode post-object-storage-keys: s3 credentials for bucket, access key secret
linode delete-object-storage-key: s3 credentials leaked
linode get-object-storage-bucket-content: files in bucket
linode post-object-storage-object-url: presigned link to share a file
linode put-object-storage-bucket-acl: make file public
linode put-storage-bucket-access: make bucket public or private, cors
linode post-object-storage-ssl: own domain cert for bucket
linode get-object-storage-transfer: bucket traffic this month
linode post-databases-mysql-instances: new managed mysql
linode post-databases-postgre-sql-instances: new managed postgres
linode get-databases-mysql-instance-credentials: password for mysql
linode get-databases-postgre-sql-instance-credentials: password for postgres
linode post-databases-mysql-instance-credentials-reset: new password for mysql
linode post-databases-mysql-instance-backup-restore: bring mysql back from backup
linode put-databases-mysql-instance: who may connect to mysql, allow list, maintenance window
linode put-databases-postgre-sql-instance: who may connect to postgres, allow list, maintenance window
linode get-domains: dns domains in cloud
linode post-domain-record: dns entry in cloud
linode post-import-domain: import zone by axfr
linode get-images: own and public os images
linode post-image: make image of a disk, golden image
linode post-upload-image: upload own os image
linode post-replicate-image: copy image to regions
linode get-stack-scripts: startup scripts
linode post-add-stack-script: startup script for new servers
linode get-account: balance owed, company data, active since
linode put-account: billing address, company name
linode get-invoices: cloud bill of last month
linode get-invoice-items: what is on the bill, cost per server
linode get-payments: what did we pay
linode post-payment: pay the bill
linode post-payment-method: new credit card
linode post-credit-card: new credit card
linode post-promo-credit: coupon
linode get-account-logins: who logged in to account
linode get-profile-logins: where did i log in from
linode get-events: what happened on the account, activity log, audit
linode get-maintenance: planned reboots by linode
linode get-notifications: outages and notices
linode get-users: who has access to cloud account
linode post-user: new person on cloud account
linode put-user-grants: limit what a person may do
linode post-ticket: ask linode for help
linode post-ticket-reply: answer linode support
linode get-account-settings: backups by default, managed on
linode get-availability: which services in which regions
linode post-personal-access-token: new api token pat
linode delete-personal-access-token: api token leaked
linode post-add-ssh-key: let my public key log in
linode post-tfa-enable: second factor secret qr
linode post-tfa-confirm: turn second factor on
linode post-tfa-disable: turn second factor off
linode get-devices: remembered browsers
linode post-placement-group: keep servers on different hosts, affinity anti affinity
linode post-service-transfer: give server to other account
linode get-network-transfer-prices: cost of extra traffic
linode get-volume-types: price of storage volume
linode get-node-balancer-types: price of load balancer
linode get-lke-types: price of k8s control plane
linode get-object-storage-types: price of buckets
linode get-databases-types: price of managed database
linode post-longview-client: install monitoring agent
linode post-managed-service: monitor a url, incident response
linode get-managed-issues: incidents
linode get-kernels: linux kernels
linode post-cancel-account: close account
`;
