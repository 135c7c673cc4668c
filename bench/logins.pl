#!/usr/bin/perl
# Logs people in, over and over, from so many clients at once:
#   logins.pl <port> <clients> <seconds> < lines "id number<TAB>password"
# Prints "<logins> <refused> <failed>" at the end.  Wants the sandbox, which
# tells the captchas' answers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib";
use Time::HiRes qw(time);

use Civic::Client;

my ($port, $clients, $seconds) = @ARGV;
my @people = map { chomp; [ split /\t/ ] } <STDIN>;

sub one_client {
    my ($n, $until) = @_;
    my $client = Civic::Client->new(url => "http://127.0.0.1:$port");
    my ($done, $refused, $failed) = (0, 0, 0);

    for (my $i = $n; time < $until; $i += $clients) {
        my $person = $people[ $i % @people ];
        my $from = join '.', 10, map { int rand 256 } 1 .. 3;
        my $answer = eval { $client->try_login(@$person,
            headers => { 'X-Real-IP' => $from }) };

        if (!$answer) {
            $@ =~ /: 503/ ? $refused++ : $failed++;
        } elsif ($answer->{status} == 503) {
            $refused++;
        } elsif ($answer->{status} =~ /^2/) {
            $done++;
        } else {
            $failed++;
        }
    }
    return ($done, $refused, $failed);
}

my $until = time + $seconds;
my @pipes;
for my $n (0 .. $clients - 1) {
    pipe my $reader, my $writer or die "pipe: $!";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        my @counts = one_client($n, $until);
        print {$writer} "@counts\n";
        close $writer;
        exit 0;
    }
    close $writer;
    push @pipes, $reader;
}

my @sum = (0, 0, 0);
for my $reader (@pipes) {
    my @counts = split ' ', <$reader> // '0 0 1';
    $sum[$_] += $counts[$_] for 0 .. 2;
}
1 while wait > 0;
print "@sum\n";
