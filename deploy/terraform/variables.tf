variable "name" {
  description = "Prefix of everything that is made."
  type        = string
  default     = "detector"
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "eu-central-1"
}

variable "server_name" {
  description = "Public name of the site, such as detector.example.org."
  type        = string
}

variable "admin_email" {
  description = "Who hears of failures and certificates."
  type        = string
}

variable "repository_url" {
  description = "Git repository that the machine clones over HTTPS."
  type        = string
}

variable "repository_ref" {
  description = "Commit, tag or branch to serve."
  type        = string
  default     = "main"
}

variable "ssh_from" {
  description = "Networks that may log in by SSH; none by default. Session Manager works without."
  type        = list(string)
  default     = []

  validation {
    condition     = !contains(var.ssh_from, "0.0.0.0/0")
    error_message = "Name the networks that may use SSH; the whole internet may not."
  }
}

variable "ssh_public_key" {
  description = "Public key of the administrator, or empty."
  type        = string
  default     = ""
}

variable "vpc_id" {
  description = "Existing network, or empty to use the region's default one."
  type        = string
  default     = ""
}

variable "instance_type" {
  description = "Machine of the site; 2 GB of memory is the least."
  type        = string
  default     = "t3.medium"
}

variable "disk_gb" {
  description = "Size of the disk in GB."
  type        = number
  default     = 40
}

variable "backup_recipient" {
  description = "Public age key that backups are encrypted for; empty for no backups."
  type        = string
  default     = ""
}

variable "backup_keep_days" {
  description = "Days that backups are kept in the bucket."
  type        = number
  default     = 30
}

variable "instances" {
  description = "Machines. More than one need the database, the cache, the bucket and the balancer below."
  type        = number
  default     = 1

  validation {
    condition     = var.instances >= 1 && var.instances <= 50
    error_message = "Between 1 and 50 machines."
  }
}

variable "certificate_arn" {
  description = "Certificate of ACM for the balancer; needed with more than one machine."
  type        = string
  default     = ""
}

variable "database_class" {
  description = "RDS class of the shared PostgreSQL."
  type        = string
  default     = "db.t4g.small"
}

variable "cache_node" {
  description = "ElastiCache node type of the shared Redis."
  type        = string
  default     = "cache.t4g.micro"
}
