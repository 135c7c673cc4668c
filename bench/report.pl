#!/usr/bin/perl
# Makes a table and bench/out/<name>.json of what a bench measured:
#   report.pl <name> < lines
# A line has tab-separated fields: figure, unit, ours, peer, its name, and a
# goal such as ">= 3".  With a peer the goal holds for ours / peer, without
# one for ours itself; "-" is no peer, no goal.  Exit status 1: one missed.

use strict;
use warnings;

use JSON::PP;

my ($name) = @ARGV;
my (@rows, $missed);

sub number {
    my ($text) = @_;

    return $text eq '-' || $text eq '' ? undef : 0 + $text;
}

sub meets {
    my ($value, $goal) = @_;
    my ($operator, $bound) = split ' ', $goal;

    return $operator eq '>=' ? $value >= $bound
        : $operator eq '<' ? $value < $bound : $value <= $bound;
}

while (my $line = <STDIN>) {
    chomp $line;
    my ($figure, $unit, $ours, $peer, $peer_name, $goal) = split /\t/, $line;
    my %row = (figure => $figure, unit => $unit, ours => number($ours),
        peer => number($peer), ratio => undef, met => undef,
        peer_name => $peer_name eq '-' ? undef : $peer_name,
        goal => $goal eq '-' ? undef : $goal);

    $row{ratio} = 0 + sprintf '%.4f', $row{ours} / $row{peer}
        if defined $row{ours} && $row{peer};
    if (defined $row{goal}) {
        my $value = defined $peer_name && $peer_name ne '-' ? $row{ratio}
            : $row{ours};
        $row{met} = defined $value && meets($value, $row{goal})
            ? JSON::PP::true : JSON::PP::false;
        $missed = 1 if !$row{met};
    }
    push @rows, \%row;
}

sub shown {
    my ($value) = @_;

    return '-' if !defined $value;
    return $value if $value !~ /^-?[\d.]+\z/;
    return sprintf abs($value) >= 1000 ? '%.0f' : '%.4g', $value;
}

printf "%-34s %-6s %10s %10s  %-20s %7s  %-8s %s\n", 'figure', 'unit', 'ours',
    'peer', 'peer\'s name', 'ratio', 'goal', '';
for my $row (@rows) {
    printf "%-34s %-6s %10s %10s  %-20s %7s  %-8s %s\n",
        (map { shown($row->{$_}) } qw(figure unit ours peer peer_name ratio
            goal)),
        !defined $row->{met} ? '' : $row->{met} ? 'met' : 'MISSED';
}

my $json = JSON::PP->new->canonical->pretty;
my $path = "bench/out/$name.json";
mkdir 'bench/out';
open my $file, '>', "$path.new" or die "$path: $!";
print {$file} $json->encode(\@rows);
close $file;
rename "$path.new", $path or die "$path: $!";
exit($missed ? 1 : 0);
