# One machine with an address of its own. cluster.tf adds what several machines share.

locals {
  clustered  = var.instances > 1
  vpc_id     = var.vpc_id != "" ? var.vpc_id : data.aws_vpc.default[0].id
  subnet_ids = sort(data.aws_subnets.site.ids)
}

data "aws_vpc" "default" {
  count   = var.vpc_id == "" ? 1 : 0
  default = true
}

data "aws_vpc" "site" {
  id = local.vpc_id
}

data "aws_subnets" "site" {
  filter {
    name   = "vpc-id"
    values = [local.vpc_id]
  }
}

# Debian 12, from Debian's own account (https://wiki.debian.org/Cloud/AmazonEC2Image).
data "aws_ami" "debian" {
  most_recent = true
  owners      = ["136693071363"]

  filter {
    name   = "name"
    values = ["debian-12-amd64-*"]
  }
}

resource "aws_security_group" "site" {
  name_prefix = "${var.name}-site-"
  description = "The web from anywhere, or from the balancer; SSH from named networks"
  vpc_id      = local.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "web" {
  for_each = local.clustered ? toset([]) : toset(["80", "443"])

  security_group_id = aws_security_group.site.id
  description       = "Visitors"
  ip_protocol       = "tcp"
  from_port         = tonumber(each.value)
  to_port           = tonumber(each.value)
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "ssh" {
  for_each = toset(var.ssh_from)

  security_group_id = aws_security_group.site.id
  description       = "Administrator"
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_ipv4         = each.value
}

# Updates of packages, certificates, mail.
resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.site.id
  description       = "Outwards"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_key_pair" "administrator" {
  count = var.ssh_public_key == "" ? 0 : 1

  key_name_prefix = "${var.name}-"
  public_key      = var.ssh_public_key
}

resource "aws_instance" "site" {
  count = var.instances

  ami                    = data.aws_ami.debian.id
  instance_type          = var.instance_type
  subnet_id              = local.subnet_ids[count.index % length(local.subnet_ids)]
  vpc_security_group_ids = [aws_security_group.site.id]
  iam_instance_profile   = aws_iam_instance_profile.site.name
  key_name               = one(aws_key_pair.administrator[*].key_name)
  ebs_optimized          = true
  monitoring             = true

  user_data = templatefile("${path.module}/cloud-init.yaml.tftpl", {
    server_name      = var.server_name
    admin_email      = var.admin_email
    repository_url   = var.repository_url
    repository_ref   = var.repository_ref
    ssh_from         = join(",", var.ssh_from)
    backup_target    = ":s3,provider=AWS,env_auth=true,region=${var.region}:${aws_s3_bucket.site["backups"].id}/detector"
    backup_recipient = count.index == 0 ? var.backup_recipient : ""
    backup_keep_days = var.backup_keep_days
    clustered        = local.clustered
    secret_id        = local.clustered ? aws_secretsmanager_secret.shared[0].id : ""
    region           = var.region
    vpc_cidr         = data.aws_vpc.site.cidr_block
  })

  # IMDSv2 only, and not from containers: a forged request cannot fetch the role's keys.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    volume_size = var.disk_gb
  }

  lifecycle {
    # A newer image or script is for new machines; this one upgrades itself.
    ignore_changes = [ami, user_data]
  }

  tags = { Name = "${var.name}-${count.index}" }
}

resource "aws_eip" "site" {
  count = local.clustered ? 0 : 1

  domain   = "vpc"
  instance = aws_instance.site[0].id
}
