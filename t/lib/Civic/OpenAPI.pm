package Civic::OpenAPI;

# docs/openapi.yaml, to hold a server against: reads the YAML that civicctl
# writes (blocks of two spaces, quoted strings, no anchors) and no other.

use strict;
use warnings;

use Carp qw(croak);
use JSON::PP ();

my $json = JSON::PP->new->allow_nonref;

# new(path).
sub new {
    my ($class, $path) = @_;

    open my $file, '<:utf8', $path or croak "$path: $!";
    my @lines = map { chomp; [ /^( *)(.*)$/ ] } grep { /\S/ } <$file>;
    my $document = _block(\@lines, 0);
    croak "$path: cannot read \"$lines[0][1]\"" if @lines;
    return bless { document => $document }, $class;
}

sub document { return $_[0]{document} }

# [ method, path template, operation ] of each.
sub operations {
    my ($self) = @_;
    my $paths = $self->{document}{paths};

    return map { my $path = $_; map { [ uc $_, $path, $paths->{$path}{$_} ] }
        sort keys %{ $paths->{$path} } } sort keys %$paths;
}

# The operation of a request; undef if the document has none.
sub operation {
    my ($self, $method, $path) = @_;
    my $paths = $self->{document}{paths};

    $method = 'GET' if $method eq 'HEAD';
    $path =~ s/\?.*//s;
    return $paths->{$path}{ lc $method } if $paths->{$path};
    for my $template (grep { /\{/ } sort keys %$paths) {
        my $pattern = join '[^/]+', map { quotemeta } split /\{\w+\}/,
            $template, -1;
        return $paths->{$template}{ lc $method } if $path =~ /^$pattern$/;
    }
    return undef;
}

# What a request was answered that its operation does not say; '' if nothing.
sub undocumented {
    my ($self, $method, $path, $status, $code) = @_;
    my $operation = $self->operation($method, $path) or return '';
    my $response = $operation->{responses}{$status};

    return "$method $path: status $status" if !$response;
    return '' if !defined $code;
    return '' if $response->{'x-civic-codes'}{$code};
    return "$method $path: $status $code";
}


# ---- YAML ------------------------------------------------------------------

sub _block {
    my ($lines, $indent) = @_;

    return $lines->[0][1] =~ /^-/ ? _sequence($lines, $indent)
        : _mapping($lines, $indent);
}

sub _sequence {
    my ($lines, $indent) = @_;
    my @items;

    while (@$lines && length $lines->[0][0] == $indent
        && $lines->[0][1] =~ /^-(?: (.*))?$/)
    {
        my $rest = $1;
        shift @$lines;
        push @items, defined $rest ? _scalar($rest)
            : _block($lines, length $lines->[0][0]);
    }
    return \@items;
}

sub _mapping {
    my ($lines, $indent) = @_;
    my %map;

    while (@$lines && length $lines->[0][0] == $indent
        && $lines->[0][1] =~ /^("(?:[^"\\]|\\.)*"|[\w.\/-]+):(?: (.*))?$/)
    {
        my ($key, $rest) = ($1, $2);
        $key = _scalar($key);
        croak "the key $key twice" if exists $map{$key};
        shift @$lines;
        $map{$key} = defined $rest ? _scalar($rest)
            : _block($lines, length $lines->[0][0]);
    }
    return \%map;
}

sub _scalar {
    my ($text) = @_;

    return $1 if $text =~ /^"([^"\\]*)"$/;
    return $text if $text =~ /^[A-Za-z]/ && $text !~ /^(?:true|false|null)$/;
    return $json->decode($text);
}

1;
