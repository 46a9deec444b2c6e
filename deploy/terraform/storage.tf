# Buckets: backups always, media when several machines share them. And who may use them.

locals {
  buckets = toset(local.clustered ? ["backups", "media"] : ["backups"])
}

resource "aws_s3_bucket" "site" {
  for_each = local.buckets

  bucket_prefix = "${var.name}-${each.key}-"
}

resource "aws_s3_bucket_public_access_block" "site" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.site[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "site" {
  for_each = local.buckets

  bucket = aws_s3_bucket.site[each.key].id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "aws:kms"
    }
    bucket_key_enabled = true
  }
}

resource "aws_s3_bucket_versioning" "site" {
  for_each = local.buckets

  bucket = aws_s3_bucket.site[each.key].id
  versioning_configuration {
    status = each.key == "backups" ? "Enabled" : "Suspended"
  }
}

# What a machine deletes by mistake, or an intruder on purpose, comes back from a version.
resource "aws_s3_bucket_lifecycle_configuration" "site" {
  for_each = local.buckets

  bucket = aws_s3_bucket.site[each.key].id
  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = var.backup_keep_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
}

data "aws_iam_policy_document" "machine" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "site" {
  statement {
    sid       = "ListOwnBuckets"
    actions   = ["s3:ListBucket"]
    resources = [for bucket in aws_s3_bucket.site : bucket.arn]
  }
  statement {
    sid       = "UseOwnObjects"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = [for bucket in aws_s3_bucket.site : "${bucket.arn}/*"]
  }
  dynamic "statement" {
    for_each = aws_sqs_queue.tasks[*].arn
    content {
      sid = "UseOwnQueue"
      actions = [
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
      ]
      resources = [statement.value]
    }
  }
  dynamic "statement" {
    for_each = aws_secretsmanager_secret.shared[*].arn
    content {
      sid       = "ReadSharedVariables"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role" "site" {
  name_prefix        = "${var.name}-"
  assume_role_policy = data.aws_iam_policy_document.machine.json
}

resource "aws_iam_role_policy" "site" {
  name_prefix = "own-buckets-"
  role        = aws_iam_role.site.id
  policy      = data.aws_iam_policy_document.site.json
}

# A shell without SSH, by Session Manager.
resource "aws_iam_role_policy_attachment" "session_manager" {
  role       = aws_iam_role.site.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "site" {
  name_prefix = "${var.name}-"
  role        = aws_iam_role.site.name
}
