# What several machines share: balancer, database, cache, and the variables that must agree.

resource "aws_security_group" "balancer" {
  count = local.clustered ? 1 : 0

  name_prefix = "${var.name}-balancer-"
  description = "Visitors"
  vpc_id      = local.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  for_each = local.clustered ? toset(["80", "443"]) : toset([])

  security_group_id = aws_security_group.balancer[0].id
  description       = "Visitors"
  ip_protocol       = "tcp"
  from_port         = tonumber(each.value)
  to_port           = tonumber(each.value)
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  count = local.clustered ? 1 : 0

  security_group_id            = aws_security_group.balancer[0].id
  description                  = "To the machines"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.site.id
}

resource "aws_vpc_security_group_ingress_rule" "from_balancer" {
  count = local.clustered ? 1 : 0

  security_group_id            = aws_security_group.site.id
  description                  = "From the balancer"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.balancer[0].id
}

resource "aws_lb" "site" {
  count = local.clustered ? 1 : 0

  name_prefix                = substr(var.name, 0, 6)
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.balancer[0].id]
  subnets                    = local.subnet_ids
  drop_invalid_header_fields = true
  enable_deletion_protection = true

  lifecycle {
    precondition {
      condition     = var.certificate_arn != ""
      error_message = "Several machines need certificate_arn, a certificate of ACM."
    }
  }
}

# Encrypted behind the balancer too; it does not look at the machines' certificate.
resource "aws_lb_target_group" "site" {
  count = local.clustered ? 1 : 0

  name_prefix          = substr(var.name, 0, 6)
  port                 = 443
  protocol             = "HTTPS"
  vpc_id               = local.vpc_id
  deregistration_delay = 60

  health_check {
    path                = "/health?ready=1"
    protocol            = "HTTPS"
    interval            = 10
    timeout             = 8
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_target_group_attachment" "site" {
  count = local.clustered ? var.instances : 0

  target_group_arn = aws_lb_target_group.site[0].arn
  target_id        = aws_instance.site[count.index].id
  port             = 443
}

resource "aws_lb_listener" "https" {
  count = local.clustered ? 1 : 0

  load_balancer_arn = aws_lb.site[0].arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.site[0].arn
  }
}

resource "aws_lb_listener" "http" {
  count = local.clustered ? 1 : 0

  load_balancer_arn = aws_lb.site[0].arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"
    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_security_group" "data" {
  count = local.clustered ? 1 : 0

  name_prefix = "${var.name}-data-"
  description = "Database and cache, for the machines alone"
  vpc_id      = local.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "data" {
  for_each = local.clustered ? toset(["5432", "6379"]) : toset([])

  security_group_id            = aws_security_group.data[0].id
  description                  = "From the machines"
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value)
  to_port                      = tonumber(each.value)
  referenced_security_group_id = aws_security_group.site.id
}

resource "random_password" "shared" {
  for_each = local.clustered ? toset(["database", "cache", "secret_key", "metrics"]) : toset([])

  length  = 64
  special = false
}

resource "aws_db_subnet_group" "site" {
  count = local.clustered ? 1 : 0

  name_prefix = "${var.name}-"
  subnet_ids  = local.subnet_ids
}

resource "aws_db_instance" "site" {
  count = local.clustered ? 1 : 0

  identifier_prefix                   = "${var.name}-"
  engine                              = "postgres"
  engine_version                      = "15"
  instance_class                      = var.database_class
  allocated_storage                   = 50
  max_allocated_storage               = 500
  storage_type                        = "gp3"
  storage_encrypted                   = true
  db_name                             = "detector"
  username                            = "detector"
  password                            = random_password.shared["database"].result
  db_subnet_group_name                = aws_db_subnet_group.site[0].name
  vpc_security_group_ids              = [aws_security_group.data[0].id]
  multi_az                            = true
  backup_retention_period             = 14
  copy_tags_to_snapshot               = true
  auto_minor_version_upgrade          = true
  deletion_protection                 = true
  enabled_cloudwatch_logs_exports     = ["postgresql", "upgrade"]
  performance_insights_enabled        = true
  iam_database_authentication_enabled = true
  final_snapshot_identifier           = "${var.name}-final"
}

resource "aws_elasticache_subnet_group" "site" {
  count = local.clustered ? 1 : 0

  name       = "${var.name}-cache"
  subnet_ids = local.subnet_ids
}

resource "aws_elasticache_replication_group" "site" {
  count = local.clustered ? 1 : 0

  replication_group_id       = "${var.name}-cache"
  description                = "Rate limits and sessions"
  engine                     = "redis"
  node_type                  = var.cache_node
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token                 = random_password.shared["cache"].result
  subnet_group_name          = aws_elasticache_subnet_group.site[0].name
  security_group_ids         = [aws_security_group.data[0].id]
}

# Tasks of the workers on the machines. What no worker has confirmed within the timeout
# goes to another (CELERY_VISIBILITY_SECONDS); what fails ten times is set aside.
resource "aws_sqs_queue" "tasks" {
  count = local.clustered ? 1 : 0

  name_prefix                = "${var.name}-tasks-"
  visibility_timeout_seconds = 900
  message_retention_seconds  = 345600
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.failed_tasks[0].arn
    maxReceiveCount     = 10
  })
}

resource "aws_sqs_queue" "failed_tasks" {
  count = local.clustered ? 1 : 0

  name_prefix               = "${var.name}-failed-tasks-"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

# Read by the machines when they are made; it never stands in user data.
resource "aws_secretsmanager_secret" "shared" {
  count = local.clustered ? 1 : 0

  name_prefix = "${var.name}-variables-"
}

resource "aws_secretsmanager_secret_version" "shared" {
  count = local.clustered ? 1 : 0

  secret_id = aws_secretsmanager_secret.shared[0].id
  secret_string = jsonencode({
    SECRET_KEY        = random_password.shared["secret_key"].result
    METRICS_TOKEN     = random_password.shared["metrics"].result
    DATABASE_URL      = "postgres://detector:${random_password.shared["database"].result}@${aws_db_instance.site[0].endpoint}/detector?sslmode=require"
    CACHE_URL         = "rediss://:${random_password.shared["cache"].result}@${aws_elasticache_replication_group.site[0].primary_endpoint_address}:6379/0"
    CELERY_BROKER_URL = replace(aws_sqs_queue.tasks[0].url, "https://", "sqs://")
    MEDIA_STORAGE_URL = "s3://${aws_s3_bucket.site["media"].id}?region=${var.region}"
  })
}
